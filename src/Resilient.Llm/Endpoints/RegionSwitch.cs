namespace Resilient.Llm.Endpoints;

/// <summary>The operator's switch for all endpoints of one region.</summary>
/// <remarks>
/// Thread-safe. Checked when a step is chosen, and again when a call is about to be made, since the state may have changed while the call
/// waited.
/// </remarks>
internal sealed class RegionSwitch
{
    private volatile int _state;

    public ChatRegionState State => (ChatRegionState)_state;

    /// <summary>Sets the state; true if that changed it.</summary>
    public bool TrySet(ChatRegionState state, out ChatRegionState before)
    {
        before = (ChatRegionState)Interlocked.Exchange(ref _state, (int)state);
        return before != state;
    }

    /// <summary>The endpoint's availability under this switch.</summary>
    public Availability Of(in Availability endpoint) => State switch
    {
        ChatRegionState.Isolated => new(FailureKind.CircuitOpen, IsIsolated: true, Region: ChatRegionState.Isolated),
        ChatRegionState.Drained when endpoint.IsAvailable || endpoint.IsSlow || endpoint.IsLeftToProbe =>
            endpoint with { Refusal = FailureKind.CircuitOpen, Region = ChatRegionState.Drained, IsLeftToProbe = false },
        _ => endpoint,
    };
}
