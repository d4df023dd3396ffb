using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

public class GameDayAbortTests
{
    public static TheoryData<bool> Ways => [false, true];

    [Fact]
    public async Task GameDay_PersonStopsIt_ExperimentsEndAtOnceAndThereIsAScorecard()
    {
        using var lab = new GameDayLab();
        using var person = new CancellationTokenSource();
        var start = lab.Clock.GetUtcNow();
        var running = -1;

        var card = await lab.PlayAsync(GameDayLab.EastIsDown(), every: () =>
        {
            if (!person.IsCancellationRequested && lab.Clock.GetUtcNow() - start > TimeSpan.FromSeconds(6))
            {
                Assert.Single(lab.Chaos.Running);
                person.Cancel();
                running = lab.Chaos.Running.Count;
            }
        }, token: person.Token);

        Assert.Equal(0, running);
        Assert.Equal(GameDayVerdict.Aborted, card.Verdict);
        Assert.Equal(3, card.ExitCode);
        Assert.Equal("a person stopped it", card.AbortReason);
        Assert.InRange(card.Duration, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(6.5));
        Assert.Equal("Stopped", Assert.Single(card.Experiments).EndedBy);
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Fact]
    public async Task GameDay_ProgressThrows_StopsItsExperimentsAndThrows()
    {
        using var lab = new GameDayLab();
        var run = new GameDayRunner(lab.Ladder, lab.Chaos).RunAsync(GameDayLab.EastIsDown(), new Throwing());

        while (!run.IsCompleted)
        {
            lab.Clock.AdvanceToNextTimer();
        }

        await Assert.ThrowsAsync<NotSupportedException>(() => run);
        Assert.Equal(ChaosLogAction.Stopped, lab.Chaos.Log[^1].Action);
        Assert.Empty(lab.Chaos.Running);
    }

    [Fact]
    public async Task GameDay_KillSwitch_AbortsIt()
    {
        using var lab = new GameDayLab();
        var start = lab.Clock.GetUtcNow();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown(), every: () =>
        {
            if (!lab.Chaos.IsKilled && lab.Clock.GetUtcNow() - start > TimeSpan.FromSeconds(6))
            {
                lab.Chaos.Kill("Ada", "enough");
            }
        });

        Assert.Equal("Ada pressed the kill switch: enough", card.AbortReason);
        Assert.Equal("Killed", Assert.Single(card.Experiments).EndedBy);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task GameDay_TooFewAnswered_AbortsItself(bool streaming)
    {
        using var lab = new GameDayLab();
        using var alone = Alone(lab);
        var scenario = Refused(streaming) with { Abort = new() { AnsweredBelow = 0.5, Window = TimeSpan.FromSeconds(2), MinRequests = 10 } };

        var card = await lab.PlayAsync(scenario, alone);

        // One second of failures outweighs one of answers.
        Assert.Equal(GameDayVerdict.Aborted, card.Verdict);
        Assert.Contains("abort.answeredBelow is 50 %", card.AbortReason, StringComparison.Ordinal);
        Assert.InRange(card.Duration, TimeSpan.FromSeconds(5.5), TimeSpan.FromSeconds(7));
        Assert.Empty(lab.Chaos.Running);
    }

    [Fact]
    public async Task GameDay_TooManyFailures_AbortsItself()
    {
        using var lab = new GameDayLab();
        using var alone = Alone(lab);

        var card = await lab.PlayAsync(Refused(streaming: false) with { Abort = new() { Failures = 7 } }, alone);

        Assert.Equal("requests not answered: 7; abort.failures is 7", card.AbortReason);
        Assert.Equal(7, card.Requests.Failed);
        Assert.Equal([("HttpRequestException", 7)], card.Failures.Select(static failure => (failure.Name, failure.Count)));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task GameDay_WithoutConditions_GoesOnAndCountsFailures(bool streaming)
    {
        using var lab = new GameDayLab();
        using var alone = Alone(lab);

        var card = await lab.PlayAsync(Refused(streaming), alone);

        Assert.Equal(GameDayVerdict.NotHeld, card.Verdict);
        Assert.Equal(card.Requests.Asked, card.Requests.Answered + card.Requests.Failed);
        Assert.InRange(card.Requests.Failed, 60, 140);
        Assert.Equal(card.Experiments[0].Injected, card.Requests.Failed);
        Assert.Equal(card.Requests.Failed, card.Series.Sum(static point => point.Failed));
        Assert.Contains(card.Checks, static check => check is { What: "answered", Held: false });
    }

    [Fact]
    public async Task GameDay_StreamsAreCut_CountsThemAsBroken()
    {
        using var lab = new GameDayLab();
        using var alone = Alone(lab);
        var scenario = Refused(streaming: true) with { Timeline = [new(TimeSpan.FromSeconds(5), new() { Name = "cut", Fault = ChaosFault.CutAfter(1), Duration = TimeSpan.FromSeconds(5) })] };

        var card = await lab.PlayAsync(scenario with { Hypothesis = new() { Answered = 0.5, BrokenStreams = 0.1 } }, alone);

        // A stream that had not come to its cut when the experiment ended goes on to its end.
        Assert.InRange(card.Requests.Broken, card.Experiments[0].Injected - 6, card.Experiments[0].Injected);
        Assert.InRange(card.Requests.Broken, 60, 140);
        Assert.Equal(0, card.Requests.Failed);
        Assert.Equal(["streams that broke"], card.Checks.Where(static check => !check.Held).Select(static check => check.What));
    }

    [Fact]
    public async Task GameDay_CallsThatNeverEnd_AreGivenUpHalfAMinuteAfterItsEnd()
    {
        using var lab = new GameDayLab();
        using var silent = new ScriptedChatClient().Always(Scripted.Hang());
        using var watched = new ChaosChatClient(silent, lab.Chaos, "silent");

        var card = await lab.PlayAsync(GameDayScenario.Named("Silence").Lasting(TimeSpan.FromSeconds(2)).Build(), watched);

        Assert.Equal(card.Requests.Asked, card.Requests.Unfinished);
        Assert.Equal(TimeSpan.FromSeconds(32), lab.Clock.GetUtcNow() - card.StartedAt);
        Assert.Equal(GameDayVerdict.NotHeld, card.Verdict);
    }

    [Fact]
    public async Task GameDay_ExperimentAimedAtNobody_IsRefusedBeforeAnythingIsAsked()
    {
        using var lab = new GameDayLab();
        var scenario = GameDayScenario.Named("Nowhere").Lasting(TimeSpan.FromSeconds(5)).RegionDown("west", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)).Build();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => lab.PlayAsync(scenario));

        Assert.Contains("'west is down'", error.Message, StringComparison.Ordinal);
        Assert.Contains("smart/east in east (US)", error.Message, StringComparison.Ordinal);
        Assert.Empty(lab.Progress);
    }

    [Fact]
    public async Task GameDay_ExperimentThatCannotBeStarted_AbortsWithTheReason()
    {
        using var lab = new GameDayLab();
        lab.Chaos.Start(new() { Name = "east is down", Fault = ChaosFault.RateLimited(), Duration = TimeSpan.FromMinutes(1) }, "Ada");

        var card = await lab.PlayAsync(GameDayLab.EastIsDown());

        Assert.Equal(3, card.ExitCode);
        Assert.StartsWith("'east is down' could not be started: ", card.AbortReason, StringComparison.Ordinal);
        Assert.Empty(card.Experiments);

        // What somebody else had started is not the game day's to stop.
        Assert.Single(lab.Chaos.Running);
    }

    /// <summary>Ten seconds of answers and failures by half, of a client that nobody helps.</summary>
    private static GameDayScenario Refused(bool streaming) => GameDayScenario.Named("Refused")
        .Lasting(TimeSpan.FromSeconds(10))
        .UnderLoad(new() { RequestsPerSecond = 20, Streams = streaming ? 1 : 0 })
        .At(TimeSpan.FromSeconds(5), "refused", TimeSpan.FromSeconds(5), new(ChaosFaultKind.ConnectionRefused))
        .Build();

    private static ChaosChatClient Alone(GameDayLab lab) =>
        new(new PacedChatClient(lab.Clock, static () => TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(5), "Hello ", "there."), lab.Chaos, "alone");

    /// <summary>Bears with six seconds.</summary>
    private sealed class Throwing : IProgress<GameDayProgress>
    {
        public void Report(GameDayProgress value)
        {
            if (value is { Happened: null, Elapsed.TotalSeconds: > 6 })
            {
                throw new NotSupportedException();
            }
        }
    }
}
