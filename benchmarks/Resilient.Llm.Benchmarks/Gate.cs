using System.Globalization;
using BenchmarkDotNet.Running;

namespace Resilient.Llm.Benchmarks;

/// <summary>Fails where the ladder has become slower beside what it is compared with: ratios within one run, against limits. A step of .ci/run.</summary>
/// <remarks>
/// Machines are shared and noisy: the limits lie above the ratios of the report by that noise, and one run of three within its limit is enough.
/// </remarks>
internal static class Gate
{
    private const int Runs = 3;

    private static readonly Limit[] s_limits =
    [
        new(typeof(PlainCall), nameof(PlainCall.Ladder), nameof(PlainCall.PollyByHand), 1.0),
        new(typeof(StreamedCall), nameof(StreamedCall.Ladder), nameof(StreamedCall.PassThroughIterator), 4.5),
        new(typeof(Failover), nameof(Failover.Ladder), nameof(Failover.ThrowAndCatch), 5.0),
        new(typeof(CircuitOpen), nameof(CircuitOpen.Ladder), nameof(CircuitOpen.HealthyLadder), 2.2),
        new(typeof(BoundByResidency), nameof(BoundByResidency.Ladder), nameof(BoundByResidency.UnboundLadder), 1.8),
    ];

    /// <summary>Runs the gate and prints a table.</summary>
    /// <returns>The exit code: zero where every ratio was within its limit in one of the runs.</returns>
    public static int Run()
    {
        var left = s_limits;
        Console.WriteLine("| Run | Ratio | Measured | Limit | |\n|---:|---|---:|---:|---|");
        for (var run = 1; run <= Runs && left.Length > 0; run++)
        {
            left = [.. left.Where(limit => !IsMet(limit, run))];
        }

        Console.WriteLine(left.Length == 0
            ? "All ratios are within their limits."
            : $"Above their limits in {Runs} runs: {string.Join(", ", left.Select(static limit => limit.Name))}");
        return left.Length == 0 ? 0 : 1;
    }

    private static bool IsMet(Limit limit, int run)
    {
        // Whole suites, as for the reports: alone, a baseline is compiled for itself, and faster than beside others.
        var times = BenchmarkRunner.Run(limit.Suite, InterleavedRun.Config()).Reports.ToDictionary(
            static report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name, static report => report.ResultStatistics?.Median ?? double.NaN);
        var ratio = times[limit.Subject] / times[limit.Baseline];

        // Not a number is no measurement: it meets no limit.
        var isMet = ratio <= limit.Most;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {run} | {limit.Name} | {ratio:N2} | {limit.Most:N2} | {(isMet ? "ok" : "above")} |"));
        return isMet;
    }

    /// <summary>How much more time the subject may take than the baseline.</summary>
    private sealed record Limit(Type Suite, string Subject, string Baseline, double Most)
    {
        public string Name => $"{Suite.Name}: {Subject} ÷ {Baseline}";
    }
}
