namespace Resilient.Llm.Chaos;

/// <summary>Who did what, and when.</summary>
/// <param name="At">When.</param>
/// <param name="Action">What.</param>
/// <param name="Experiment">To which experiment; null for the kill switch itself.</param>
/// <param name="By">Who: a person's or a program's name as given, "configuration", or "time" and "guard" for what no one did.</param>
/// <param name="Reason">Why; null where no reason was given.</param>
public sealed record ChaosLogEntry(DateTimeOffset At, ChaosLogAction Action, string? Experiment, string By, string? Reason);
