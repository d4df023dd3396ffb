namespace Resilient.Llm.Fallback;

/// <summary>A stream in a race. A leader's reasoning is delivered as it comes; a hedge's is held until it wins or leads.</summary>
internal sealed class StreamRunner : IRaceRunner<StreamRunner>
{
    // Bounds what a hedge holds back; no model reasons longer than this.
    private const int MostHeld = 100_000;

    private StreamRunner(StreamAttempt stream) => Stream = stream;

    public StreamAttempt Stream { get; }

    public Attempt Attempt => Stream.Attempt;

    public Exception? Failure { get; private set; }

    public bool HasAnswered => Stream.Gate.IsCommitted;

    public AttemptDelivery Delivered => Stream.Delivered;

    /// <summary>Whether the gate has something to deliver. False: the stream ended and nothing is held.</summary>
    public bool HasNext { get; private set; }

    public static StreamRunner Create(in Attempt attempt, CancellationToken callerToken, CancellationToken received) =>
        new(new(attempt.Apart(callerToken), received));

    public async Task RunAsync(RaceSignal<StreamRunner> signal, bool isLeader)
    {
        try
        {
            do
            {
                HasNext = await Stream.PullAsync().ConfigureAwait(false);
                if (Stream.Gate.Held > MostHeld)
                {
                    throw new ChatAnswerRejectedException("The stream reasons on and on without any content.", FailureKind.InvalidResponse);
                }
            }
            while (HasNext && !Stream.Gate.IsCommitted && !isLeader);
        }
        catch (Exception exception)
        {
            Failure = exception;
        }

        signal.Report(this);
    }

    public bool RejectAsHedge() => (Failure = HedgeResultFilter.Of(Stream)) is not null;

    public void Abandon() => Stream.Abandon();
}
