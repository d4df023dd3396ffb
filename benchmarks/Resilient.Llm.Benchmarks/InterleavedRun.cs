using System.Globalization;
using System.Text;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Resilient.Llm.Benchmarks;

/// <summary>Runs every benchmark several times in turn and reports medians: on a machine whose speed drifts only what ran side by side compares.</summary>
internal static class InterleavedRun
{
    public static string Of(Type[] suites, int rounds)
    {
        var config = Config().AddDiagnoser(MemoryDiagnoser.Default);
        var reports = new List<BenchmarkReport>();
        for (var round = 1; round <= rounds; round++)
        {
            Console.WriteLine($"round {round} of {rounds}");
            reports.AddRange(suites.SelectMany(suite => BenchmarkRunner.Run(suite, config).Reports));
        }

        return Table(reports);
    }

    /// <summary>In this process, and silent. The warm-up is long: a ladder is many methods, and the JIT needs that long to settle them.</summary>
    public static ManualConfig Config() => ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(12)
            .WithIterationCount(8)
            .WithIterationTime(TimeInterval.FromMilliseconds(100)))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(NullLogger.Instance)
        .WithOptions(ConfigOptions.DisableOptimizationsValidator);

    private static string Table(List<BenchmarkReport> reports)
    {
        var text = new StringBuilder("| Benchmark | Median | Per operation | Added to bare | Allocated | Ratio to baseline |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (var suite in reports.GroupBy(static r => r.BenchmarkCase.Descriptor.Type.Name))
        {
            var byName = suite.GroupBy(static r => r.BenchmarkCase.Descriptor.WorkloadMethod.Name).ToArray();
            var baseline = byName.First(static g => g.First().BenchmarkCase.Descriptor.Baseline).Select(Nanoseconds).ToArray();
            var bare = byName.FirstOrDefault(static g => g.Key == "Bare")?.Select(Nanoseconds).ToArray();
            foreach (var benchmark in byName)
            {
                var times = benchmark.Select(Nanoseconds).ToArray();
                var ratio = Median([.. times.Zip(baseline, static (time, other) => time / other)]);
                var added = bare is null || benchmark.Key == "Bare" ? "" : $"{Median([.. times.Zip(bare, static (time, other) => time - other)]):N1} ns";
                var first = benchmark.First();
                var perUpdate = first.BenchmarkCase.Descriptor.OperationsPerInvoke;
                text.Append(CultureInfo.InvariantCulture, $"| {suite.Key}.{benchmark.Key} | {Median([.. times]) * perUpdate:N0} ns | ")
                    .Append(CultureInfo.InvariantCulture, $"{Median([.. times]):N1} ns | {added} | ")
                    .Append(CultureInfo.InvariantCulture, $"{first.GcStats.GetBytesAllocatedPerOperation(first.BenchmarkCase)} B | ")
                    .Append(CultureInfo.InvariantCulture, $"{ratio:N2} |\n");
            }
        }

        return text.ToString();
    }

    private static double Nanoseconds(BenchmarkReport report) => report.ResultStatistics!.Median;

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
