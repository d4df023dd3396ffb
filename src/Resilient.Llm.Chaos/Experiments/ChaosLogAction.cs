namespace Resilient.Llm.Chaos;

/// <summary>What happened to one or all experiments.</summary>
public enum ChaosLogAction
{
    /// <summary>It started.</summary>
    Started,

    /// <summary>A person or a program stopped it.</summary>
    Stopped,

    /// <summary>Its time was over.</summary>
    Expired,

    /// <summary>Its guard stopped it.</summary>
    GuardTripped,

    /// <summary>The kill switch was turned on: one entry without an experiment, and one for each experiment that it ended.</summary>
    Killed,

    /// <summary>The kill switch was turned off. No experiment starts by that.</summary>
    Revived,

    /// <summary>It was not started, or its configuration cannot be read.</summary>
    Refused,
}
