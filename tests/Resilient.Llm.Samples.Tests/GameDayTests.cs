using System.Text.Json;

namespace Resilient.Llm.Samples.Tests;

public class GameDayTests
{
    [Fact]
    public async Task GameDay_ShortScenario_HoldsAndLeavesAScorecard()
    {
        using var folder = new TemporaryFolder();

        var run = await SampleRun.OfAsync("GameDay", ["--scenario", Scenario("rate-limited.yaml"), "--out", folder.Path]);

        run.AssertExitCode(0);
        Assert.Equal("", run.Errors);
        Assert.Contains(run.Lines, static line => line.EndsWith("everyone gets 429: started (RateLimited; Retry-After 1 s; every model)", StringComparison.Ordinal));
        Assert.Contains(run.Lines, static line => line.Contains("] ", StringComparison.Ordinal) && line.Contains(" answered, ", StringComparison.Ordinal));
        Assert.Contains(run.Lines, static line => line.StartsWith("**The hypothesis held.**", StringComparison.Ordinal));
        using var card = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder.Path, "scorecard.json")));
        var steps = card.RootElement.GetProperty("steps").EnumerateArray().Select(static step => step.GetProperty("name").GetString()).ToArray();
        Assert.Contains("claude", steps);
        Assert.Contains("last-resort", steps);
        Assert.Equal("Held", card.RootElement.GetProperty("verdict").GetString());
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(folder.Path, "scorecard.html")), StringComparison.Ordinal);
        Assert.StartsWith("# Everyone gets 429", await File.ReadAllTextAsync(Path.Combine(folder.Path, "scorecard.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GameDay_HypothesisThatCannotHold_ExitsWithOne()
    {
        using var folder = new TemporaryFolder();
        var scenario = Path.Combine(folder.Path, "too-much.json");
        await File.WriteAllTextAsync(scenario, """{ "name": "Too much", "duration": "00:00:01", "hypothesis": { "firstContentP99": "00:00:00.001" } }""");

        var run = await SampleRun.OfAsync("GameDay", ["--scenario", scenario, "--out", folder.Path]);

        run.AssertExitCode(1);
    }

    [Fact]
    public async Task GameDay_AbortCondition_ExitsWithThree()
    {
        using var folder = new TemporaryFolder();
        var scenario = Path.Combine(folder.Path, "enough.yaml");
        await File.WriteAllTextAsync(
            scenario,
            """
            name: Enough
            duration: 00:01:00
            abort: { failures: 1 }
            timeline:
              - { at: 00:00:00, name: bad requests, duration: 00:00:50, fault: { kind: InvalidRequest } }
            """);

        var run = await SampleRun.OfAsync("GameDay", ["--scenario", scenario, "--out", folder.Path]);

        run.AssertExitCode(3);
        Assert.Contains("**Aborted: requests not answered: 1; abort.failures is 1.**", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GameDay_Print_IsTheScenarioThatLiesBesideTheSample()
    {
        var run = await SampleRun.OfAsync("GameDay", ["--print"]);

        run.AssertExitCode(0);
        Assert.Equal(await File.ReadAllTextAsync(Scenario("a-bad-day.json")), run.Output);
    }

    [Theory]
    [InlineData("'--nonsense' is no option.", "--nonsense", "x")]
    [InlineData("--scenario has no value.", "--scenario")]
    [InlineData("--scenario has no value.", "--scenario", "--print")]
    [InlineData("Could not find file", "--scenario", "nowhere.json")]
    [InlineData("ends in '.TXT'", "--scenario", "nowhere.txt")]
    public async Task GameDay_WrongInput_ExitsWithTwoAndSaysWhy(string message, params string[] args)
    {
        var run = await SampleRun.OfAsync("GameDay", args);

        run.AssertExitCode(2);
        Assert.Contains(message, run.Errors, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task GameDay_ScenarioForAnotherLadder_ExitsWithTwoAndNamesTheEndpoints()
    {
        using var folder = new TemporaryFolder();
        var scenario = Path.Combine(folder.Path, "elsewhere.yaml");
        await File.WriteAllTextAsync(
            scenario,
            """
            name: Elsewhere
            duration: 00:00:10
            timeline:
              - { at: 00:00:01, name: mars is down, duration: 00:00:01, fault: { kind: Hang }, target: { regions: [mars] } }
            """);

        var run = await SampleRun.OfAsync("GameDay", ["--scenario", scenario, "--out", folder.Path]);

        run.AssertExitCode(2);
        Assert.Contains("claude/us-east in us-east (US)", run.Errors, StringComparison.Ordinal);
    }

    private static string Scenario(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Resilient.Llm.sln")))
        {
            folder = Directory.GetParent(folder)?.FullName ?? throw new InvalidOperationException("The tests do not run within the repository.");
        }

        return Path.Combine(folder, "samples", "GameDay", "Scenarios", name);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("game-day-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
