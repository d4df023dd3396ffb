namespace Resilient.Llm.Requests;

/// <summary>The root of a ladder. A guard that finds one below it hands on the request's settings, which a provider must not see.</summary>
internal interface ILadder
{
    /// <summary>Where the data of every request may go.</summary>
    DataResidency Policy { get; }

    /// <summary>Whether a request that states no residency is refused, or its residency is asked for.</summary>
    bool RequiresResidency { get; }
}
