namespace Resilient.Llm.Chaos;

/// <summary>Who did what, and when.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Action">What happened.</param>
/// <param name="Experiment">The name of the experiment; null for the kill switch.</param>
/// <param name="By">The given name of a person or program, "configuration", "time" or "guard".</param>
/// <param name="Reason">The reason; null if none was given.</param>
public sealed record ChaosLogEntry(DateTimeOffset At, ChaosLogAction Action, string? Experiment, string By, string? Reason);
