using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Simulation;
using Xunit.Abstractions;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Ten thousand clients, each asking a question, reading the answer, thinking for a hundred seconds on average; and a provider that is gone for ten minutes.</summary>
public class ThunderingHerdTests(ITestOutputHelper output)
{
    private const int Clients = 10_000;
    private const double Steady = 100;
    private const int BucketSeconds = 5;

    private static readonly DateTimeOffset s_start = new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_outage = s_start.AddMinutes(3);
    private static readonly DateTimeOffset s_recovery = s_outage.AddMinutes(10);
    private static readonly DateTimeOffset s_end = s_recovery.AddMinutes(5);

    [Fact]
    public void Recovery_ThroughALadder_BringsNoMoreThanTheSteadyRate()
    {
        var herd = Run(static (clock, provider) => new ResilientChatBuilder()
            .WithTimeProvider(clock)
            .WithRandomizer(new SeededRandom(2).NextDouble)
            .AddModel("primary", provider)
            .AddLastResort()
            .Build());

        output.WriteLine(herd.ToString());
        Assert.InRange(herd.SteadyRate, Steady * 0.95, Steady * 1.05);
        Assert.True(herd.PeakAfterRecovery <= 1.2 * herd.SteadyRate, herd.ToString());

        // About a second until ten calls in a row have failed; answers to earlier questions arrive in between. Then one probe for each break: 15 seconds and twice as long each time, up to two minutes.
        Assert.True(herd.CallsDuringOutage <= 2 * Steady, herd.ToString());
        Assert.InRange(herd.Probes, 3, 10);
        Assert.Equal(0, herd.Unanswered);
    }

    [Fact]
    public void Recovery_WithRetriesOfAnSdk_IsMetByAHerd()
    {
        var herd = Run(static (clock, provider) => new Persistent(provider, clock));

        // The same load and the same outage, to see that the measure tells a herd.
        output.WriteLine(herd.ToString());
        Assert.InRange(herd.SteadyRate, Steady * 0.95, Steady * 1.05);
        Assert.True(herd.PeakAfterRecovery > 1.3 * herd.SteadyRate, herd.ToString());
        Assert.True(herd.CallsDuringOutage > 50_000, herd.ToString());
    }

    private static Herd Run(Func<VirtualClock, IChatClient, IChatClient> compose)
    {
        var clock = new VirtualClock(s_start);
        var buckets = new long[(int)(s_end - s_start).TotalSeconds / BucketSeconds];
        var outages = new OutageSchedule([new("one", s_outage, s_recovery, IncidentImpact.Critical)]);
        var provider = new SimulatedChatClient(clock, new(1), new() { Name = "one" }, outages.Of("one"))
        {
            OnCall = _ => buckets[Math.Min(buckets.Length - 1, (int)((clock.Now - s_start).TotalSeconds / BucketSeconds))]++,
        };
        using var client = compose(clock, provider);
        var unanswered = 0;
        for (var i = 0; i < Clients; i++)
        {
            _ = ClientAsync(new SeededRandom(3).For($"client {i}"));
        }

        clock.RunToEnd();
        return new(buckets, unanswered);

        async Task ClientAsync(SeededRandom random)
        {
            // The first question somewhere within the time of one round, so that the herd starts in its steady state.
            for (var think = random.NextExponential(100); clock.Now.AddSeconds(think) < s_end; think = random.NextExponential(100))
            {
                await clock.WaitAsync(TimeSpan.FromSeconds(think)).ConfigureAwait(false);
                try
                {
                    await client.GetResponseAsync([new(ChatRole.User, SimulatedText.Question(0, new(100, 20)))]).ConfigureAwait(false);
                }
                catch (Exception)
                {
                    unanswered++;
                }
            }
        }
    }

    /// <summary>Three more tries at once, and a network timeout of 100 seconds.</summary>
    private sealed class Persistent(IChatClient inner, VirtualClock clock) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            for (var retries = 3; ; retries--)
            {
                using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(100), clock);
                try
                {
                    return await base.GetResponseAsync(messages, options, timeout.Token).ConfigureAwait(false);
                }
                catch (Exception) when (retries > 0)
                {
                    // Once more.
                }
            }
        }
    }

    /// <param name="Buckets">Calls to the provider.</param>
    /// <param name="Unanswered">Questions.</param>
    private sealed record Herd(long[] Buckets, int Unanswered)
    {
        public double SteadyRate => Between(s_start, s_outage).Average() / BucketSeconds;

        public double PeakAfterRecovery => Between(s_recovery, s_end).Max() / (double)BucketSeconds;

        public long CallsDuringOutage => Between(s_outage, s_recovery).Sum();

        /// <summary>Calls during the outage once the circuit has had the time to open.</summary>
        public long Probes => Between(s_outage.AddSeconds(10), s_recovery).Sum();

        public override string ToString() => FormattableString.Invariant(
            $"steady {SteadyRate:F1}/s, peak after recovery {PeakAfterRecovery:F1}/s ({PeakAfterRecovery / SteadyRate:F2} x), calls during the outage {CallsDuringOutage}, of these after ten seconds {Probes}, unanswered {Unanswered}");

        private long[] Between(DateTimeOffset from, DateTimeOffset to) =>
            Buckets[((int)(from - s_start).TotalSeconds / BucketSeconds)..((int)(to - s_start).TotalSeconds / BucketSeconds)];
    }
}
