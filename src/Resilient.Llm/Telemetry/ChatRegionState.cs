namespace Resilient.Llm;

/// <summary>What an operator has decided about a region.</summary>
public enum ChatRegionState
{
    /// <summary>It takes part.</summary>
    InService,

    /// <summary>Its endpoints are asked last of all models: only requests that no other endpoint can answer go there.</summary>
    Drained,

    /// <summary>Nothing is sent there.</summary>
    Isolated,
}
