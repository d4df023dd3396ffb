using System.Globalization;

namespace Resilient.Llm.Chaos.Tests;

public class GameDayRunnerTests
{
    [Fact]
    public async Task GameDay_RegionDown_EverybodyIsAnsweredAndTheScorecardTellsHow()
    {
        using var lab = new GameDayLab();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown());

        Assert.Equal(GameDayVerdict.Held, card.Verdict);
        Assert.Equal(0, card.ExitCode);
        Assert.InRange(card.Requests.Asked, 330, 470);
        Assert.Equal(card.Requests.Asked, card.Requests.Answered);
        Assert.Equal(card.Requests.Asked, card.Steps.Sum(static step => step.Count));
        Assert.Equal(card.Requests.Asked, card.Series.Sum(static point => point.Steps.Values.Sum() + point.Failed));
        Assert.InRange(card.Requests.Streams, 130, 270);
        Assert.Equal(["steady state", "east is down", "recovery"], card.Phases.Select(static phase => phase.Name));
        Assert.Equal(card.Requests.Asked, card.Phases.Sum(static phase => phase.Asked));

        var experiment = Assert.Single(card.Experiments);
        Assert.Equal(["cheaper/east", "smart/east"], experiment.Affected.Union(["cheaper/east"]).Order());
        Assert.Equal(5, experiment.StartedAt.TotalSeconds, 0.002);
        Assert.Equal(10, experiment.EndedAt.TotalSeconds, 0.002);
        Assert.Equal("Expired", experiment.EndedBy);

        // Five failures open the circuit: a third of a second at fifteen unbound requests a second.
        Assert.InRange(experiment.TimeToDetect!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));
        Assert.Equal("circuit opened", experiment.DetectedBy);

        // The break is over after four seconds at the latest; a request follows.
        Assert.InRange(experiment.TimeToRecover!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(6));
        var load = experiment.ExtraLoad!;
        Assert.InRange(load.Expected, 40, 120);
        Assert.InRange(load.Calls, 5, 10);
        Assert.Equal(load.Calls, experiment.Injected);
        Assert.True(load.Extra < 0);
    }

    [Fact]
    public async Task GameDay_TwiceWithTheSameSeed_IsTheSame()
    {
        using var one = new GameDayLab();
        using var other = new GameDayLab();

        Assert.Equal((await one.PlayAsync(GameDayLab.EastIsDown())).ToJson(), (await other.PlayAsync(GameDayLab.EastIsDown())).ToJson());
    }

    [Fact]
    public async Task GameDay_EveryoneGets429AndTheSearchIsSevered_CacheAndApologyAnswer()
    {
        using var lab = new GameDayLab();
        var scenario = GameDayScenario.Named("Nobody is there")
            .Lasting(TimeSpan.FromSeconds(15))
            .UnderLoad(new() { RequestsPerSecond = 20, Questions = ["Where is the ladder?", "Who is on it?"], NewQuestions = 0.5 })
            .Expecting(new() { ByModel = 0.99 })
            .EveryoneGets429(at: TimeSpan.FromSeconds(5), duration: TimeSpan.FromSeconds(5))
            .Sever("shelf", at: TimeSpan.FromSeconds(7), duration: TimeSpan.FromSeconds(3))
            .Build();

        var card = await lab.PlayAsync(scenario);

        // Everybody was answered, but not by a model.
        Assert.Equal(GameDayVerdict.NotHeld, card.Verdict);
        Assert.Equal(1, card.ExitCode);
        Assert.Equal(["answered by a model"], card.Checks.Where(static check => !check.Held).Select(static check => check.What));
        Assert.Equal(card.Requests.Asked, card.Requests.Answered);
        Assert.Superset(new HashSet<string>(["cache", "last-resort", "smart"]), card.Steps.Select(static step => step.Name).ToHashSet());
        Assert.Equal(["cache", "last-resort"], card.Phases[2].Steps.Select(static step => step.Name).Order());
        Assert.All(card.Experiments, static experiment => Assert.True(experiment.Injected > 0));

        // A search is no endpoint: nothing to detect, no load to compare.
        Assert.Empty(card.Experiments[1].Affected);
        Assert.Null(card.Experiments[1].TimeToDetect);
        Assert.Null(card.Experiments[1].ExtraLoad);
        Assert.Equal(["steady state", "everyone gets 429", "everyone gets 429 + sever the connection to shelf", "recovery"], card.Phases.Select(static phase => phase.Name));
    }

    [Fact]
    public async Task GameDay_ExperimentThatHitsNothing_DoesNotHold()
    {
        using var lab = new GameDayLab();
        var scenario = GameDayScenario.Named("Misspelt").Lasting(TimeSpan.FromSeconds(5))
            .Sever("shelve", at: TimeSpan.FromSeconds(1), duration: TimeSpan.FromSeconds(1)).Build();

        var card = await lab.PlayAsync(scenario);

        Assert.Equal(GameDayVerdict.NotHeld, card.Verdict);
        var check = Assert.Single(card.Checks, static check => !check.Held);
        Assert.Contains("'sever the connection to shelve' hit nothing", check.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_AsText_IsOneLineForALog()
    {
        var tick = new GameDayProgress
        {
            Elapsed = TimeSpan.FromSeconds(12.04),
            Duration = TimeSpan.FromSeconds(45),
            Running = ["us-east is down", "slow"],
            Asked = 169,
            Answered = 166,
            InFlight = 3,
            Steps = new Dictionary<string, int> { ["primary"] = 2, ["cache"] = 1 },
            FirstContentP50 = TimeSpan.FromMilliseconds(73),
            FirstContentP99 = TimeSpan.FromSeconds(1.9),
        };

        Assert.Equal("12.0 s of 45 s: 166 of 169 answered, 3 under way | cache 1, primary 2 | p50 73 ms, p99 1.9 s | us-east is down | slow", tick.ToString());
        Assert.Equal("12.0 s of 45 s: slow: over", (tick with { Happened = "slow: over" }).ToString());
        Assert.Equal("0.0 s of 2 min 0 s: 0 of 0 answered, 0 under way", new GameDayProgress { Elapsed = default, Duration = TimeSpan.FromMinutes(2) }.ToString());
    }

    [Fact]
    public async Task GameDay_Progress_TellsOfSecondsAndOfWhatHappens()
    {
        using var lab = new GameDayLab();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown());

        var happened = lab.Progress.Select(static progress => progress.Happened).OfType<string>().ToArray();
        Assert.Equal("east is down: started (ConnectionRefused; east)", happened[0]);
        Assert.Contains("circuit smart/east: Closed -> Open (FailuresInWindow)", happened);
        Assert.Contains("east is down: over", happened);
        var ticks = lab.Progress.Where(static progress => progress.Happened is null).ToArray();
        Assert.InRange(ticks.Length, 20, 21);
        Assert.Equal(["east is down"], ticks[6].Running);
        Assert.Equal(card.Requests.Asked, ticks.Sum(static tick => tick.Steps.Values.Sum()));
        Assert.Equal((card.Requests.Asked, card.Requests.Answered, 0), (ticks[^1].Asked, ticks[^1].Answered, ticks[^1].InFlight));
        Assert.All(ticks, static tick => Assert.InRange(tick.FirstContentP50 ?? TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.05), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task GameDay_MoreUnderWayThanAllowed_ShedsAndSaysSo()
    {
        using var lab = new GameDayLab();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown(new() { RequestsPerSecond = 50, MaxInFlight = 2 }));

        Assert.True(card.Requests.Shed > 100, card.Requests.Shed.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(card.Requests.Asked, card.Requests.Answered);
        Assert.Contains("more were shed", card.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal(card.Requests.Shed, lab.Progress[^1].Shed);
    }

    [Fact]
    public async Task GameDay_AtItsEnd_NothingIsLeft()
    {
        using var lab = new GameDayLab();

        await lab.PlayAsync(GameDayLab.EastIsDown());

        Assert.Empty(lab.Chaos.Running);
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Fact]
    public async Task GameDay_ChaosIsOff_SaysWhatToDo()
    {
        using var lab = new GameDayLab();
        using var off = new ChaosController(new(), lab.Clock);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new GameDayRunner(lab.Ladder, off).RunAsync(GameDayLab.EastIsDown()));

        Assert.Contains("ChaosOptions.Enabled is false. Set it to true", error.Message, StringComparison.Ordinal);
    }
}
