namespace Resilient.Llm.Chaos;

/// <summary>What happened to an experiment, or to all of them.</summary>
public enum ChaosLogAction
{
    /// <summary>It began.</summary>
    Started,

    /// <summary>It was stopped by a person or a program.</summary>
    Stopped,

    /// <summary>Its time was over.</summary>
    Expired,

    /// <summary>Real traffic suffered more than its guard allows.</summary>
    GuardTripped,

    /// <summary>The kill switch was pressed. One entry without an experiment says so, one for each experiment says that it ended thereby.</summary>
    Killed,

    /// <summary>The kill switch was released: experiments may be started again. None is by that.</summary>
    Revived,

    /// <summary>It was not started, or what the configuration says of it cannot be read.</summary>
    Refused,
}
