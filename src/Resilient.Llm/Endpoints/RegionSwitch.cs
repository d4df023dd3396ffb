namespace Resilient.Llm.Endpoints;

/// <summary>The operator's switch for all endpoints of one region.</summary>
/// <remarks>Thread-safe. It is asked when a candidate is chosen, and again when a call is about to be made: one that waited for its turn or its retry meanwhile is not sent.</remarks>
internal sealed class RegionSwitch
{
    private volatile int _state;

    public ChatRegionState State => (ChatRegionState)_state;

    /// <summary>Sets it; true when that changed anything.</summary>
    public bool TrySet(ChatRegionState state, out ChatRegionState before)
    {
        before = (ChatRegionState)Interlocked.Exchange(ref _state, (int)state);
        return before != state;
    }

    /// <summary>What becomes of an endpoint's availability here.</summary>
    public Availability Of(in Availability endpoint) => State switch
    {
        ChatRegionState.Isolated => new(FailureKind.CircuitOpen, IsIsolated: true, Region: ChatRegionState.Isolated),
        ChatRegionState.Drained when endpoint.IsAvailable || endpoint.IsSlow || endpoint.IsLeftToProbe =>
            endpoint with { Refusal = FailureKind.CircuitOpen, Region = ChatRegionState.Drained, IsLeftToProbe = false },
        _ => endpoint,
    };
}
