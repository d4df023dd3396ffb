namespace Resilient.Llm.Requests;

/// <summary>What the ladder decided for one attempt. It travels down in the attempt's own copy of the options.</summary>
/// <param name="Endpoint">The endpoint the attempt is meant for; null outside a ladder.</param>
/// <param name="Deadline">
/// Timestamp by which it must have answered (plain) or shown first content (stream); <see cref="long.MaxValue"/>: none.
/// </param>
/// <param name="IsLastModel">Whether no later model could take over, which makes a short wait for a rate limit worthwhile.</param>
/// <param name="TakesSlow">Whether to call although the endpoint's circuit is open for slowness: no faster endpoint is left.</param>
/// <param name="HoldsState">
/// Whether the request holds state of a provider: a conversation id, or turns with reasoning. One that does not know the state refuses the
/// request, which says nothing about its health.
/// </param>
internal readonly record struct AttemptPlan(
    Endpoint? Endpoint, long Deadline, bool IsLastModel, bool TakesSlow = false, bool HoldsState = false)
{
    /// <summary>The plan of a stand-alone decorator: no deadline, and no other model to take over.</summary>
    public static AttemptPlan Alone { get; } = new(null, long.MaxValue, true);
}
