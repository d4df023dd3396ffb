namespace Resilient.Llm.Tests;

/// <summary>Where two models meet in one answer: the rates that docs/streaming.md publishes.</summary>
public sealed class SeamTests
{
    [Fact]
    public async Task Probe()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("SEAM_SEED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
        var runs = new List<SeamRun>();
        var random = new Random(seed);
        foreach (var (name, text) in SeamTexts.All)
        {
            for (var i = 0; i < 50; i++)
            {
                var cut = random.Next(20, text.Length);
                foreach (var kind in Enum.GetValues<SeamKind>())
                {
                    runs.Add(await SeamRun.OfAsync(kind, name, text, cut, random.Next()));
                }
            }
        }

        using var output = new StreamWriter("/tmp/w/seams.out");
        foreach (var group in runs.GroupBy(static run => run.Kind))
        {
            output.WriteLine($"{group.Key,-22} {group.Count(),5} correct {group.Count(static run => run.Outcome == SeamOutcome.Correct),5} interrupted {group.Count(static run => run.Outcome == SeamOutcome.Interrupted),5} bad {group.Count(static run => run.Outcome == SeamOutcome.Bad),5} in figures {group.Count(static run => run.Outcome == SeamOutcome.Bad && run.IsInFigures),5} of {group.Count(static run => run.IsInFigures),5}");
        }

        output.WriteLine($"all {runs.Count} bad {runs.Count(static run => run.Outcome == SeamOutcome.Bad)} = {100.0 * runs.Count(static run => run.Outcome == SeamOutcome.Bad) / runs.Count:0.00} % interrupted {runs.Count(static run => run.Outcome == SeamOutcome.Interrupted)}");
        foreach (var run in runs.Where(static run => run.Kind != SeamKind.HeldOut && run.Outcome != SeamOutcome.Correct && !(run.Outcome == SeamOutcome.Interrupted && run.Kind is SeamKind.Preamble or SeamKind.Refusal)))
        {
            output.WriteLine($"{run.Outcome} {run.Kind} {run.Name} fig={run.IsInFigures} <{run.Partial[Math.Max(0, run.Partial.Length - 30)..]}> + <{run.Continuation?[..Math.Min(40, run.Continuation.Length)]}>".Replace("\n", "\\n", StringComparison.Ordinal));
        }
    }
}
