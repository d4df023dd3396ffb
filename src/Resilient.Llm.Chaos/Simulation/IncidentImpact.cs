namespace Resilient.Llm.Chaos;

/// <summary>How bad a provider said that an incident was, in the words of the status pages that most of them use.</summary>
public enum IncidentImpact
{
    /// <summary>No incident.</summary>
    None = 0,

    /// <summary>A part of the calls fails.</summary>
    Minor,

    /// <summary>Most calls fail.</summary>
    Major,

    /// <summary>No call is answered.</summary>
    Critical,
}
