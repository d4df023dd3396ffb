namespace Resilient.Llm.Samples.Tests;

public sealed class GameDayReplayTests
{
    private static readonly string[] s_small = ["replay", "--windows", "1", "--rate", "0.3"];

    [Fact]
    public async Task Replay_WithoutFiles_ComparesThePoliciesOnItsOwn()
    {
        var run = await SampleRun.OfAsync("GameDay", s_small);

        run.AssertExitCode(0);
        string[] policies = ["One provider, SDK retries", "Ordered failover", "Ladder, two models", "… and two regions", "… and cache and last resort"];

        // The whole period, during incidents, by impact.
        Assert.All(policies, policy => Assert.Equal(3, run.Lines.Count(line => line.StartsWith($"| {policy} |", StringComparison.Ordinal))));
        Assert.Contains(run.Lines, static line => line.StartsWith("| … and cache and last resort | 100.00000 % |", StringComparison.Ordinal));
        Assert.DoesNotContain(run.Lines, static line => line.StartsWith("| One provider, SDK retries | 100.00000 % |", StringComparison.Ordinal));
        Assert.Contains("minor = 20 %, major = 60 %, critical = 100 %", run.Output, StringComparison.Ordinal);
        Assert.Contains("- met: … and cache and last resort: everybody answered within the deadline: 0.0 of", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_SameSeed_IsTheSameBitForBitWithAnyNumberOfThreads()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        string[] ladders = [.. s_small, "--policies", "ladder,full"];
        try
        {
            var one = await SampleRun.OfAsync("GameDay", [.. ladders, "--threads", "1", "--out", file]);
            var three = await SampleRun.OfAsync("GameDay", [.. ladders, "--threads", "3"]);
            var other = await SampleRun.OfAsync("GameDay", [.. ladders, "--seed", "2"]);

            one.AssertExitCode(0);
            Assert.Equal(one.Output, three.Output);
            Assert.Equal(one.Output, await File.ReadAllTextAsync(file));
            Assert.NotEqual(one.Output.Replace("seed 1", "seed 2", StringComparison.Ordinal), other.Output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("'--incident' is no option.", "--incident", "file.csv")]
    [InlineData("--seed needs a value.", "--seed")]
    [InlineData("--seed is 'x'. It must be a whole number", "--seed", "x")]
    [InlineData("--rate is '0'. It must be a number from 0.01 to 1000.", "--rate", "0")]
    [InlineData("--shared-fate is '2'. It must be a number from 0 to 1.", "--shared-fate", "2")]
    [InlineData("--policies: 'best' is none. Known are sdk, failover, ladder, regions, full.", "--policies", "ladder,best")]
    [InlineData("no-such-file.csv", "--incidents", "no-such-file.csv")]
    [InlineData("no-such-file.csv", "--requests", "no-such-file.csv")]
    public async Task Replay_WrongArguments_SaysWhatIsWrongAndExitsWithTwo(string message, params string[] args)
    {
        var run = await SampleRun.OfAsync("GameDay", ["replay", .. args]);

        run.AssertExitCode(2);
        Assert.Contains(message, run.Errors, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Replay_FileThatIsNoSuchFile_NamesTheLine()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            await File.WriteAllTextAsync(file, "provider,start_utc,end_utc,impact\none,2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,dreadful\n");
            var run = await SampleRun.OfAsync("GameDay", ["replay", "--incidents", file]);

            run.AssertExitCode(2);
            Assert.Contains($"{file}, line 2: the impact is 'dreadful'", run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
