namespace Resilient.Llm.Chaos;

/// <summary>The impact of an incident, in the terms of most status pages.</summary>
public enum IncidentImpact
{
    /// <summary>No incident.</summary>
    None = 0,

    /// <summary>Some calls fail.</summary>
    Minor,

    /// <summary>Most calls fail.</summary>
    Major,

    /// <summary>All calls fail.</summary>
    Critical,
}
