namespace Resilient.Llm;

/// <summary>What an operator has decided about a region.</summary>
public enum ChatRegionState
{
    /// <summary>The region takes part.</summary>
    InService,

    /// <summary>Its endpoints are asked last of all models, only for requests that no other endpoint can answer.</summary>
    Drained,

    /// <summary>Nothing is sent there.</summary>
    Isolated,
}
