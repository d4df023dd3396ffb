using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Tests;

public class ChatSimulationTests
{
    private static readonly DateTimeOffset s_start = new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeWindow s_window = new(s_start, s_start.AddMinutes(30));

    // A minor, a critical and a major one after the other, and for a while both are ill.
    private static readonly OutageSchedule s_outages = new([
        new("one", s_start.AddMinutes(5), s_start.AddMinutes(12), IncidentImpact.Minor),
        new("one", s_start.AddMinutes(12), s_start.AddMinutes(17), IncidentImpact.Critical),
        new("one", s_start.AddMinutes(20), s_start.AddMinutes(26), IncidentImpact.Major),
        new("two", s_start.AddMinutes(15), s_start.AddMinutes(23), IncidentImpact.Minor)]);

    private static readonly ChatSimulationOptions s_options = new()
    {
        Arrivals = ChatArrivals.Poisson(3, [new(100, 20), new(2_000, 200), new(500, 700)]),
        Outages = s_outages,
        FirstProvider = "one",
    };

    [Fact]
    public void Run_HundredTimes_HasIdenticalEventLogs()
    {
        var first = LogOf(seed: 1);

        // What is to be the same must be there at all.
        Assert.Contains(first, static line => line.Contains("retry", StringComparison.Ordinal));
        Assert.Contains(first, static line => line.Contains("fallback", StringComparison.Ordinal));
        Assert.Contains(first, static line => line.Contains("Hedge", StringComparison.Ordinal));
        Assert.Contains(first, static line => line.Contains("Continuation", StringComparison.Ordinal));
        Assert.Contains(first, static line => line.Contains("-> HalfOpen", StringComparison.Ordinal));
        Assert.Contains(first, static line => line.Contains("update", StringComparison.Ordinal));
        for (var run = 1; run < 100; run++)
        {
            Assert.Equal(first, LogOf(seed: 1));
        }

        Assert.NotEqual(first, LogOf(seed: 2));
    }

    [Fact]
    public void Run_OnSeveralThreadsAtOnce_IsTheSameAsAlone()
    {
        var alone = LogOf(seed: 3);
        var together = new string[4][];

        Thread[] threads = [.. Enumerable.Range(0, together.Length).Select(i => new Thread(() => together[i] = LogOf(seed: 3)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());

        Assert.All(together, log => Assert.Equal(alone, log));
    }

    [Fact]
    public void Run_OneProviderAlone_ShowsWhatItsUsersSee()
    {
        SimulatedChatClient? provider = null;
        var result = new ChatSimulation(s_options).Run(s_window, 1, world => provider = world.Provider(new() { Name = "one" }));

        var (all, healthy, critical) = (result.Total(), result.During(IncidentImpact.None), result.During(IncidentImpact.Critical));
        Assert.Equal(3 * 30 * 60, all.Requests, 5 * Math.Sqrt(3 * 30 * 60));
        Assert.Equal(all.Requests, all.Calls);
        Assert.Equal(provider!.Calls, all.Calls);
        Assert.Equal((healthy.Requests, healthy.Requests, healthy.Requests), (healthy.Answered, healthy.InTime, healthy.ByModel));
        Assert.Equal((0, critical.Calls), (critical.Answered, critical.CallsWhileDown));
        Assert.Equal(provider.CallsWhileDown, all.CallsWhileDown);
        Assert.Equal((0, 0), (all.Degraded, all.Garbled));

        // A fifth of those that fail are cut, if they are streams; the users of the hanging ones leave after ten minutes.
        var minor = result.During(IncidentImpact.Minor);
        Assert.Equal(minor.Requests - minor.FailureRateSum, minor.Answered, 5 * Math.Sqrt(minor.FailureRateSum));
        Assert.Equal(minor.FailureRateSum * 0.7 * 0.2, minor.Broken, 5 * Math.Sqrt(minor.FailureRateSum * 0.7 * 0.2));
        Assert.Equal(TimeSpan.MaxValue, critical.ToEnd.Percentile(0.01));
        Assert.InRange(result.LongestUnavailability, TimeSpan.FromMinutes(4.9), TimeSpan.FromMinutes(5.1));
    }

    [Fact]
    public void Run_LadderWithLastResort_AnswersAllButWhatBrokeTwice()
    {
        var providers = new List<SimulatedChatClient>();
        var result = new ChatSimulation(s_options).Run(s_window, 1, world => Ladder(world, providers).AddCachedAnswers().AddLastResort().Build());

        var all = result.Total();
        // Both models are ill at once for a while: of the streams that the first cuts then, the second cuts a few as well.
        Assert.InRange(all.Broken, 0, 6);
        Assert.Equal((all.Requests - all.Broken, all.Requests - all.Broken, 0), (all.Answered, all.InTime, all.Garbled));
        Assert.Equal(providers.Sum(static provider => provider.Calls), all.Calls);
        Assert.Equal(providers.Sum(static provider => provider.CallsWhileDown), all.CallsWhileDown);
        Assert.All(providers, static provider => Assert.Equal(0, provider.InFlight));
        Assert.InRange(all.Degraded, 1, all.Requests * 0.6);
        Assert.InRange(result.LongestUnavailability, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Run_LadderWithActiveProbes_LeavesTheTrialsToThem()
    {
        var (paid, trials) = Late(static ladder => ladder);
        var (paidWith, trialsWith) = Late(static ladder => ladder.WithActiveProbes());

        Assert.InRange(trials, 5, 20);
        Assert.Equal(trials, paid);
        Assert.InRange(trialsWith, 5, 20);
        Assert.Equal(0, paidWith);

        // Every call of the first model hangs for twenty minutes. Counted is from a minute after that: the circuit is open then.
        static (int Paid, int Trials) Late(Func<ResilientChatBuilder, ResilientChatBuilder> configure)
        {
            var (paid, trials) = (0, 0);
            TimeWindow outage = new(s_start.AddMinutes(5), s_start.AddMinutes(25));
            var options = s_options with { Outages = new([new("one", outage.Start, outage.End, IncidentImpact.Critical)]) };
            new ChatSimulation(options).Run(s_window, 1, world =>
            {
                var ladder = new ResilientChatBuilder().WithTimeProvider(world.Clock).WithRandomizer(world.RandomFor("jitter").NextDouble)
                    .AddModel("one", world.Provider(new() { Name = "one", RefusedShare = 0, HangingShare = 1 }))
                    .AddModel("two", world.Provider(new() { Name = "two" }))
                    .OnCompleted(completed => paid += IsLate(world) && completed.Report.Attempts.Any(static attempt => attempt is { Step: "one", Failure: FailureKind.Timeout }) ? 1 : 0)
                    .OnCircuitChanged(change => trials += IsLate(world) && change.To == Polly.CircuitBreaker.CircuitState.Open ? 1 : 0);
                return configure(ladder).Build();
            });
            return (paid, trials);

            bool IsLate(SimulatedWorld world) => world.Clock.Now > outage.Start.AddMinutes(3) && world.Clock.Now < outage.End;
        }
    }

    [Fact]
    public void Run_AnswerWithAHole_IsGarbledAndNoAnswer()
    {
        var result = new ChatSimulation(s_options with { StreamingShare = 1 })
            .Run(s_window, 1, static world => new Forgetful(world.Provider(new() { Name = "other" })));

        var all = result.Total();
        Assert.True(all.Requests > 1_000);
        Assert.Equal((all.Requests, 0), (all.Garbled, all.Answered));
    }

    [Fact]
    public void Run_RequestThatNeverEnds_IsTold()
    {
        var simulation = new ChatSimulation(s_options with { Patience = Timeout.InfiniteTimeSpan });

        var lost = Assert.Throws<InvalidOperationException>(() => simulation.Run(s_window, 1, static world => world.Provider(new() { Name = "one" })));

        Assert.Contains("requests never ended", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ChainOnThePool_IsTold() =>
        Assert.Throws<InvalidOperationException>(() => new ChatSimulation(s_options).Run(s_window, 1, static world => new OnThePool(world.Provider(new() { Name = "other" }))));

    [Fact]
    public void Results_AddedInAnyOrder_AreTheSame()
    {
        SimulationResult[] parts = [.. Enumerable.Range(1, 4).Select(static seed => new ChatSimulation(s_options).Run(s_window, (ulong)seed, static world => Ladder(world).Build()))];

        var (forward, backward) = (new SimulationResult(), new SimulationResult());
        Array.ForEach(parts, part => forward.Add(part));
        Array.ForEach([.. parts.Reverse()], part => backward.Add(part));

        Assert.Equal(Describe(forward), Describe(backward));
        Assert.Equal(parts.Sum(static part => part.Total().Requests), forward.Total().Requests);
        Assert.NotEqual(Describe(parts[0]), Describe(parts[1]));
    }

    [Fact]
    public void Result_WithWeight_CountsThatOften()
    {
        var part = new ChatSimulation(s_options).Run(s_window, 1, static world => Ladder(world).Build());

        var whole = new SimulationResult();
        whole.Add(part, weight: 2.5);

        Assert.Equal(part.Total().Requests * 2.5, whole.Total().Requests);
        Assert.Equal(part.Total().ToEnd.Percentile(0.99), whole.Total().ToEnd.Percentile(0.99));
        Assert.Equal(part.LongestUnavailability, whole.LongestUnavailability);
    }

    [Fact]
    public void Options_OutOfRange_SayWhich()
    {
        AssertRefused(s_options with { StreamingShare = 1.5 }, "StreamingShare is 1.5");
        AssertRefused(s_options with { PopularShare = double.NaN }, "PopularShare is NaN");
        AssertRefused(s_options with { PopularQuestions = 0 }, "PopularQuestions is 0");
        AssertRefused(s_options with { Patience = TimeSpan.Zero }, "Patience is 00:00:00");
        AssertRefused(s_options with { AnswerWithin = TimeSpan.Zero }, "AnswerWithin is 00:00:00");
        AssertRefused(s_options with { FirstContentWithin = TimeSpan.Zero }, "FirstContentWithin is 00:00:00");

        static void AssertRefused(ChatSimulationOptions options, string what) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(() => new ChatSimulation(options)).Message, StringComparison.Ordinal);
    }

    private static string Describe(SimulationResult result) => string.Join(
        '\n',
        Enum.GetValues<IncidentImpact>().Select(result.During).Select(static tally => string.Join(
            ' ',
            tally.Requests, tally.Answered, tally.ByModel, tally.InTime, tally.Degraded, tally.Broken, tally.Garbled, tally.Calls, tally.CallsWhileDown, tally.FailureRateSum,
            tally.ToFirstContent.Percentile(0.5), tally.ToFirstContent.Percentile(0.99), tally.ToEnd.Percentile(0.5), tally.ToEnd.Percentile(0.999)))) + result.LongestUnavailability;

    private static ResilientChatBuilder Ladder(SimulatedWorld world, List<SimulatedChatClient>? providers = null)
    {
        SimulatedChatClient[] both = [world.Provider(new() { Name = "one" }), world.Provider(new() { Name = "two", PerAnswerToken = TimeSpan.FromMilliseconds(10) })];
        providers?.AddRange(both);
        return new ResilientChatBuilder()
            .WithTimeProvider(world.Clock)
            .WithRandomizer(world.RandomFor("jitter").NextDouble)
            .WithHedging(static hedging => hedging.Percentile = 0.95)
            .AddModel("primary", both[0])
            .AddModel("cheaper", both[1]);
    }

    /// <summary>Everything that happens, with its time: what users read, what the ladder tells.</summary>
    private static string[] LogOf(ulong seed)
    {
        var log = new List<string>();
        new ChatSimulation(s_options).Run(new(s_start.AddMinutes(11), s_start.AddMinutes(14)), seed, world => Ladder(world)
            .Use(ladder => new Recorder(ladder, what => Note("update", what)))
            .OnRetry(retry => Note("retry", retry))
            .OnFallback(fallback => Note("fallback", fallback))
            .OnCircuitChanged(change => Note("circuit", $"{change.Model} {change.From} -> {change.To} {change.Reason} {change.BreakDuration}"))
            .OnCompleted(completed => Note(
                "completed", string.Join(", ", completed.Report.Attempts.Select(static attempt => $"{attempt.Step} {attempt.Role} {attempt.Failure} {attempt.Duration}"))))
            .Build());
        return [.. log];

        void Note(string what, object? detail) => log.Add($"{what} {detail}");
    }

    private sealed class Recorder(IChatClient inner, Action<string> note) : DelegatingChatClient(inner)
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                note($"{update.ModelId} {update.Text.Length} {update.FinishReason}");
                yield return update;
            }
        }
    }

    /// <summary>Leaves out the second update.</summary>
    private sealed class Forgetful(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            var number = 0;
            await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
            {
                if (number++ != 1)
                {
                    yield return update;
                }
            }
        }
    }

    private sealed class OnThePool(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        }
    }
}
