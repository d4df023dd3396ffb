using System.Globalization;
using System.Text;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Tests;

/// <summary>What came of a <see cref="LatencySpike"/>.</summary>
/// <param name="Calls">In the order in which they were made.</param>
/// <param name="Circuits">Every change of a circuit.</param>
/// <param name="RetryBudget">Calls that the providers got beyond one for each request.</param>
/// <param name="LeftInFlight">Calls of providers that nobody ended.</param>
/// <param name="LeftTimers">Timers that nobody disarmed.</param>
internal sealed record SpikeOutcome(
    IReadOnlyList<SpikeCall> Calls, IReadOnlyList<SpikeTransition> Circuits, int RetryBudget, int LeftInFlight, int LeftTimers)
{
    public double ExtraShare => (double)RetryBudget / Calls.Count;

    /// <summary>Calls that no model answered.</summary>
    public int NotServedByModel => Calls.Count(static call => call.Report?.Source != AnswerSource.Model);

    /// <summary>When the primary's circuit first opened for slowness.</summary>
    public TimeSpan? DetectedAt =>
        Circuits.FirstOrDefault(static c => c is { Model: "primary", To: CircuitState.Open, Reason: CircuitTransitionReason.SlowCalls })?.At;

    /// <summary>How long after the spike the first call that the primary served was made.</summary>
    public TimeSpan? RecoveredAfter =>
        Calls.FirstOrDefault(static call => call.StartedAt >= LatencySpike.Length && call.Report?.ServedBy == "primary")?.StartedAt - LatencySpike.Length;

    /// <summary>The primary's part of the calls of the last minute.</summary>
    public double PrimaryShareOfLastMinute => PrimaryShare(LatencySpike.Length + LatencySpike.After - TimeSpan.FromMinutes(1), TimeSpan.MaxValue);

    /// <summary>The calls made from the one time on, up to the other.</summary>
    public SpikeCall[] Between(TimeSpan from, TimeSpan to) => [.. Calls.Where(call => call.StartedAt >= from && call.StartedAt < to)];

    /// <summary>Which part of the calls the primary served.</summary>
    public double PrimaryShare(TimeSpan from, TimeSpan to)
    {
        var calls = Between(from, to);
        return (double)calls.Count(static call => call.Report?.ServedBy == "primary") / calls.Length;
    }

    /// <summary>Nearest rank.</summary>
    public TimeSpan Percentile(double percentile, TimeSpan from, TimeSpan to)
    {
        TimeSpan[] times = [.. Between(from, to).Select(static call => call.Time).Order()];
        return times[(int)Math.Ceiling(times.Length * percentile) - 1];
    }

    /// <summary>A table for people.</summary>
    public string ToTable()
    {
        var (table, ten) = (new StringBuilder(), TimeSpan.FromSeconds(10));
        table.AppendLine("                        calls    p50 s    p99 s    max s   primary   hedges");
        Row("before", TimeSpan.MinValue, TimeSpan.Zero);
        Row("spike, first 10 s", TimeSpan.Zero, ten);
        Row("spike, after that", ten, LatencySpike.Length);
        Row("after, first 2 min", LatencySpike.Length, LatencySpike.Length + TimeSpan.FromMinutes(2));
        Row("after, last minute", LatencySpike.Length + TimeSpan.FromMinutes(2), TimeSpan.MaxValue);
        return table.AppendLine(CultureInfo.InvariantCulture, $"extra calls {RetryBudget} of {Calls.Count} ({ExtraShare:P2}), not served by a model {NotServedByModel}")
            .AppendLine(CultureInfo.InvariantCulture, $"detected after {DetectedAt?.TotalSeconds:F2} s, recovered {RecoveredAfter?.TotalSeconds:F2} s after the end")
            .AppendJoin(' ', Circuits.Select(static c => string.Create(CultureInfo.InvariantCulture, $"{c.Model}@{c.At.TotalSeconds:F1}:{c.To}/{c.Reason}")))
            .ToString();

        void Row(string name, TimeSpan from, TimeSpan to)
        {
            var calls = Between(from, to);
            table.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-20} {calls.Length,8} {Percentile(0.5, from, to).TotalSeconds,8:F3} {Percentile(0.99, from, to).TotalSeconds,8:F3} {calls.Max(static c => c.Time).TotalSeconds,8:F3} {PrimaryShare(from, to),9:P1} {calls.Sum(static c => c.Hedges),8}"));
        }
    }
}
