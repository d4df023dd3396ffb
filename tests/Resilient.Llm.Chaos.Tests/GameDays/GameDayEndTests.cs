using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>How game days come to their end, whatever the client does, and that nothing goes on afterwards.</summary>
public class GameDayEndTests
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(2);

    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_DeafToCancellation_ItsRequestsAreLeftBehindAndCountedEverywhere(bool streaming)
    {
        using var lab = new GameDayLab();
        var release = new TaskCompletionSource();
        using var deaf = new DeafClient(release.Task);

        var card = await lab.PlayAsync(Silence(streaming) with { Hypothesis = new() { BrokenStreams = 0 } }, deaf);
        var before = card.ToJson();

        Assert.InRange(card.Requests.Asked, 10, 40);
        Assert.Equal((card.Requests.Asked, streaming ? card.Requests.Asked : 0), (card.Requests.Unfinished, card.Requests.Streams));
        Assert.Equal(card.Requests.Asked, card.Residency.BoundRequests);
        Assert.Equal([new("DeafToCancellation", card.Requests.Asked, 1)], card.Failures);
        Assert.Equal(card.Requests.Asked, card.Phases.Sum(static phase => phase.Asked));
        Assert.Equal(card.Requests.Asked, card.Series.Sum(static point => point.Failed));

        // Those who hear at last change nothing, and abort nothing.
        release.SetResult();
        Assert.Equal(before, card.ToJson());
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Person_StopsItWhileTheLastRequestsAreWaitedFor_ItEndsAtOnce(bool streaming)
    {
        using var lab = new GameDayLab();
        using var person = new CancellationTokenSource();
        using var silent = new ScriptedChatClient().Always(Scripted.Hang());
        var start = lab.Clock.GetUtcNow();

        var card = await lab.PlayAsync(Silence(streaming), silent, every: () => CancelAt(TimeSpan.FromSeconds(2)), token: person.Token);

        Assert.Equal("a person stopped it", card.AbortReason);
        Assert.Equal(s_duration, card.Duration);
        Assert.Equal(card.Requests.Asked, card.Requests.Unfinished);
        Assert.Equal((TimeSpan.Zero, 0, 0), (lab.Clock.GetUtcNow() - start - s_duration, lab.Clock.ArmedTimers, silent.InFlight));

        void CancelAt(TimeSpan time)
        {
            if (lab.Clock.GetUtcNow() - start >= time && !person.IsCancellationRequested)
            {
                ExperimentLab.InPlace(person.Cancel);
            }
        }
    }

    [Fact]
    public async Task KillSwitch_WhileTheLastRequestsAreWaitedFor_AbortsIt()
    {
        using var lab = new GameDayLab();
        using var silent = new ScriptedChatClient().Always(Scripted.Hang());
        var start = lab.Clock.GetUtcNow();

        var card = await lab.PlayAsync(Silence(streaming: false), silent, every: () =>
        {
            if (lab.Clock.GetUtcNow() - start >= s_duration && !lab.Chaos.IsKilled)
            {
                lab.Chaos.Kill("Ada");
            }
        });

        Assert.Equal((3, "Ada pressed the kill switch"), (card.ExitCode, card.AbortReason));
    }

    [Fact]
    public async Task Person_HadStoppedItBefore_NothingIsAskedAndThereIsAScorecard()
    {
        using var lab = new GameDayLab();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown(), token: new(canceled: true));

        Assert.Equal((3, 0, 0), (card.ExitCode, card.Requests.Asked, card.Experiments.Count));
        Assert.NotEmpty(card.ToMarkdown());
        Assert.NotEmpty(card.ToHtml());
        Assert.Equal(card.ToJson(), Scorecard.FromJson(card.ToJson()).ToJson());
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Progress_Throws_RequestsUnderWayAreCancelled(bool streaming)
    {
        using var lab = new GameDayLab();
        using var silent = new ScriptedChatClient().Always(Scripted.Hang());
        var run = new GameDayRunner(silent, lab.Chaos).RunAsync(Silence(streaming), new Throwing());
        while (!run.IsCompleted)
        {
            lab.Clock.AdvanceToNextTimer();
        }

        await Assert.ThrowsAsync<NotSupportedException>(() => run);
        Assert.NotEqual(0, silent.CallCount);
        Assert.Equal((0, 0), (silent.InFlight, lab.Clock.ArmedTimers));
    }

    /// <summary>A client that throws wherever it can.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ThrowsWhenItIsCancelled_ThereIsAScorecard(bool streaming)
    {
        using var lab = new GameDayLab();
        using var rude = new RudeClient();

        var card = await lab.PlayAsync(Silence(streaming), rude);

        Assert.Equal(card.Requests.Asked, card.Requests.Unfinished);
    }

    [Fact]
    public async Task TwoInSequence_TheSecondKnowsNothingOfTheFirst()
    {
        using var lab = new GameDayLab();
        var first = await lab.PlayAsync(GameDayLab.EastIsDown());
        var notes = lab.Progress.Count;

        var second = await lab.PlayAsync(GameDayLab.EastIsDown());

        // The same load by the same seed; each call counted once.
        Assert.Equal(first.Requests.Asked, second.Requests.Asked);
        Assert.InRange(second.Endpoints.Sum(static endpoint => endpoint.Calls), second.Requests.Asked, second.Requests.Asked * 1.5);
        Assert.InRange(lab.Progress.Count - notes, notes - 10, notes + 10);
        Assert.Single(second.Experiments);
        notes = lab.Progress.Count;

        using (lab.Chaos.Start(new() { Name = "later", Fault = ChaosFault.RateLimited() }, "Ada"))
        {
            var later = lab.Ladder.AskAsync(streaming: false);
            lab.Clock.Advance(TimeSpan.FromMinutes(1));
            await later;
        }

        Assert.Equal(notes, lab.Progress.Count);
    }

    /// <summary>By the system's clock: somebody who presses Ctrl+C or the kill switch has other things to do than to play the game day to its end.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Abort_ByTheSystemsClock_DoesNotCarryItToItsEnd(bool kill)
    {
        FaultLab.GoOnInline();
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        using var silent = new ScriptedChatClient().Always(Scripted.Hang());
        using var person = new CancellationTokenSource();
        using var isOver = new ManualResetEventSlim();
        var run = new GameDayRunner(silent, chaos).RunAsync(Silence(streaming: false) with { Duration = TimeSpan.FromHours(1) }, cancellationToken: person.Token);
        var endedOn = run.ContinueWith(static _ => Environment.CurrentManagedThreadId, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var aborting = new Thread(() =>
        {
            if (kill)
            {
                chaos.Kill("Ada");
            }
            else
            {
                person.Cancel();
            }

            // Alive until all is over: else its number would be given to another thread.
            isOver.Wait();
        });
        aborting.IsBackground = true;
        aborting.Start();
        var thread = await endedOn;
        isOver.Set();

        Assert.NotEqual(aborting.ManagedThreadId, thread);
        Assert.Equal(GameDayVerdict.Aborted, (await run).Verdict);
    }

    private static GameDayScenario Silence(bool streaming) => GameDayScenario.Named("Silence")
        .Lasting(s_duration)
        .UnderLoad(new() { RequestsPerSecond = 10, Streams = streaming ? 1 : 0, Residencies = [new(["EU"], 1)] })
        .Build();

    private sealed class DeafClient(Task release) : IChatClient
    {
        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await release;
            throw new NotSupportedException();
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await release;
            yield return new(ChatRole.Assistant, "late");
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class RudeClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            var answer = new TaskCompletionSource<ChatResponse>();
            cancellationToken.Register(() =>
            {
                answer.TrySetCanceled(cancellationToken);
                throw new NotSupportedException();
            });
            return answer.Task;
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await GetResponseAsync(messages, options, cancellationToken);
            yield break;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    /// <summary>Bears with one second.</summary>
    private sealed class Throwing : IProgress<GameDayProgress>
    {
        public void Report(GameDayProgress value)
        {
            if (value.Elapsed.TotalSeconds > 0.9)
            {
                throw new NotSupportedException();
            }
        }
    }
}
