namespace Resilient.Llm.Fallback;

/// <summary>One attempt in an <see cref="AttemptRace{TRunner}"/>: a plain call or a stream.</summary>
internal interface IRaceRunner<TSelf>
    where TSelf : class, IRaceRunner<TSelf>
{
    /// <summary>The attempt, with its own request context: it may overlap another.</summary>
    Attempt Attempt { get; }

    Exception? Failure { get; }

    /// <summary>Whether it has an answer, or the first content of one: from then on no other attempt can take over.</summary>
    bool HasAnswered { get; }

    /// <summary>What the caller has seen of it.</summary>
    AttemptDelivery Delivered { get; }

    /// <param name="attempt">What to ask.</param>
    /// <param name="callerToken">The token of the request's caller.</param>
    /// <param name="received">The token that the ladder was called with.</param>
    static abstract TSelf Create(in Attempt attempt, CancellationToken callerToken, CancellationToken received);

    /// <summary>Runs until there is something to deliver, and reports it. Never throws.</summary>
    /// <param name="signal">Where to report.</param>
    /// <param name="isLeader">Whether reasoning before the first content is delivered as it comes.</param>
    Task RunAsync(RaceSignal<TSelf> signal, bool isLeader);

    /// <summary>Turns an answer that a hedge must not win with into a failure. False: it may win.</summary>
    bool RejectAsHedge();

    /// <summary>Abandons it without waiting, also while it is running.</summary>
    void Abandon();
}
