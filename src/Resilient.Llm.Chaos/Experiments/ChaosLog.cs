using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Keeps the last 1,000 entries and reports them to the logger and the subscribers.</summary>
/// <remarks>
/// Thread-safe. Entries are noted under the controller's lock, which keeps them in order, and reported outside it, because that runs
/// foreign code.
/// </remarks>
internal sealed partial class ChaosLog(TimeProvider clock, ILogger logger)
{
    private const int Capacity = 1_000;
    private const string NoReason = "no reason given";

    private readonly Lock _lock = new();
    private readonly Queue<ChaosLogEntry> _entries = new();

    public event Action<ChaosLogEntry>? Logged;

    public IReadOnlyList<ChaosLogEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    public ChaosLogEntry Note(ChaosLogAction action, string? experiment, string by, string? reason)
    {
        var entry = new ChaosLogEntry(clock.GetUtcNow(), action, experiment, by, reason);
        lock (_lock)
        {
            if (_entries.Count == Capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(entry);
        }

        return entry;
    }

    /// <summary>Reports to the logger and to every subscriber, even if one of them throws: an experiment must end regardless.</summary>
    public void Tell(ChaosLogEntry entry)
    {
        Quietly(() => Write(entry));
        foreach (var subscriber in Delegate.EnumerateInvocationList(Logged))
        {
            Quietly(() => subscriber(entry));
        }
    }

    public void Injected(string experiment, ChaosFaultKind fault, string place)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            Quietly(() => LogInjected(experiment, fault, place));
        }
    }

    /// <summary>A call that was released by the end of an experiment threw on that thread.</summary>
    public void WaitFailed(string experiment, Exception exception) => Quietly(() => LogWaitFailed(experiment, exception.GetType().Name));

    private void Quietly(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception exception)
        {
            // A subscriber's exception is logged; a logger's cannot be reported anywhere.
            try
            {
                LogSubscriberFailed(exception.GetType().Name);
            }
            catch (Exception)
            {
                // See above.
            }
        }
    }

    private void Write(ChaosLogEntry entry)
    {
        // Starts, refusals and forced stops are warnings; the rest is information.
        switch (entry.Action)
        {
            case ChaosLogAction.Started:
                LogStarted(entry.Experiment, entry.By);
                break;
            case ChaosLogAction.GuardTripped:
                LogGuardTripped(entry.Experiment, entry.Reason);
                break;
            case ChaosLogAction.Refused:
                LogRefused(entry.Experiment, entry.By, entry.Reason);
                break;
            case ChaosLogAction.Killed or ChaosLogAction.Revived when entry.Experiment is null:
                LogSwitch(entry.Action, entry.By, entry.Reason ?? NoReason);
                break;
            default:
                LogEnded(entry.Experiment, entry.Action, entry.By, entry.Reason ?? NoReason);
                break;
        }
    }

    [LoggerMessage(101, LogLevel.Warning, "Chaos experiment {Experiment} started by {By}")]
    private partial void LogStarted(string? experiment, string by);

    [LoggerMessage(102, LogLevel.Information, "Chaos experiment {Experiment} ended: {Action} by {By} ({Reason})")]
    private partial void LogEnded(string? experiment, ChaosLogAction action, string by, string? reason);

    [LoggerMessage(103, LogLevel.Warning, "Chaos experiment {Experiment} stopped by its guard: {Reason}")]
    private partial void LogGuardTripped(string? experiment, string? reason);

    [LoggerMessage(104, LogLevel.Warning, "Chaos experiment {Experiment} of {By} refused: {Reason}")]
    private partial void LogRefused(string? experiment, string by, string? reason);

    [LoggerMessage(105, LogLevel.Warning, "Chaos kill switch: {Action} by {By} ({Reason})")]
    private partial void LogSwitch(ChaosLogAction action, string by, string? reason);

    [LoggerMessage(106, LogLevel.Debug, "Chaos experiment {Experiment}: {Fault} at {Place}")]
    private partial void LogInjected(string experiment, ChaosFaultKind fault, string place);

    [LoggerMessage(107, LogLevel.Error, "A call that waited for chaos experiment {Experiment} threw {ExceptionType} when it went on")]
    private partial void LogWaitFailed(string experiment, string exceptionType);

    [LoggerMessage(108, LogLevel.Error, "A subscriber of the chaos log threw {ExceptionType}")]
    private partial void LogSubscriberFailed(string exceptionType);
}
