using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Probes of endpoints that nobody calls: whether, when, and how many.</summary>
public sealed class IdleProbeTests
{
    [Fact]
    public void IdleEndpoints_ByDefault_AreLeftAlone()
    {
        using var lab = new ProbeLab().Start();

        lab.Clock.Advance(TimeSpan.FromHours(12));

        Assert.Equal((0, 0), (lab.Sweden.CallCount, lab.France.CallCount));
    }

    [BothWays]
    public async Task IdleEndpoints_OneHasTraffic_TheOtherIsProbed(bool streaming)
    {
        using var lab = new ProbeLab().Start(static probes => probes.ProbeIdleEndpoints = true);

        for (var i = 0; i < 60; i++)
        {
            lab.Pass(60);
            Assert.Equal("from sweden", await lab.AskAsync(streaming));
        }

        // An hour of idle times of five minutes, each ended by one of the looks every thirty seconds.
        Assert.Equal(0, ProbeLab.Pings(lab.Sweden));
        Assert.InRange(lab.France.CallCount, 10, 12);
    }

    /// <summary>A stand-in that is dead is found out before it is needed, and its circuit opens as any other.</summary>
    [Fact]
    public void IdleEndpoint_KeepsFailing_OpensItsCircuit()
    {
        using var lab = new ProbeLab().Start(static probes => (probes.ProbeIdleEndpoints, probes.IdleAfter) = (true, TimeSpan.FromMinutes(1)));
        lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));

        lab.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.NotEqual(Polly.CircuitBreaker.CircuitState.Closed, lab.Circuit.State);
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(10, 8)]
    [InlineData(25, 9)]
    public async Task Budget_ManyEndpointsDownAndIdleForHours_IsNeverExceeded(int perMinute, int seed)
    {
        LadderLab.GoOnInline();
        var clock = new ManualTimeProvider();
        var random = new Random(seed);
        var at = new List<DateTimeOffset>();
        using var stopping = new CancellationTokenSource();
        var builder = new ResilientChatBuilder()
            .WithTimeProvider(clock)
            .WithRandomizer(random.NextDouble)
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2))
            .WithActiveProbes(probes =>
            {
                (probes.ProbeIdleEndpoints, probes.IdleAfter, probes.Interval) = (true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
                probes.MaxProbesPerMinute = perMinute;
            });
        for (var i = 0; i < 20; i++)
        {
            var isDead = i % 2 == 0;
            builder.AddModel($"model-{i}", new PacedChatClient(clock, Called, TimeSpan.FromMilliseconds(10), isDead ? [] : ["pong"]));
        }

        using var ladder = builder.Build();
        var run = ladder.GetRequiredService<ChatProbes>().RunAsync(stopping.Token);
        clock.Advance(TimeSpan.FromHours(3));
        stopping.Cancel();
        await run;

        var mostInAMinute = at.Select((begin, i) => at.Skip(i).TakeWhile(call => call - begin < TimeSpan.FromMinutes(1)).Count()).Max();
        Assert.Equal(perMinute, mostInAMinute);

        // And it is spent: there is always somebody to probe.
        Assert.InRange(at.Count, 90 * perMinute, 181 * perMinute);

        TimeSpan Called()
        {
            at.Add(clock.GetUtcNow());
            return TimeSpan.FromMilliseconds(50);
        }
    }

    /// <summary>However many endpoints are idle, half of the budget waits for those that users wait for.</summary>
    [Fact]
    public async Task Budget_IdleEndpointsWantAllOfIt_TrialsGetTheirHalf()
    {
        using var lab = new ProbeLab();
        lab.Start(
            static probes => (probes.ProbeIdleEndpoints, probes.IdleAfter, probes.Interval, probes.MaxProbesPerMinute) = (true, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 4),
            chat =>
            {
                for (var i = 0; i < 10; i++)
                {
                    chat.AddModel($"idle-{i}", new ScriptedChatClient().Always(Scripted.Answer("pong")));
                }
            });
        lab.Pass(30);
        var before = ProbeLab.Pings(lab.Sweden);
        await lab.GoDownAsync();
        lab.ComeBack();

        lab.Pass(13.6);

        Assert.Equal(before + 1, ProbeLab.Pings(lab.Sweden));
        Assert.Equal(Polly.CircuitBreaker.CircuitState.Closed, lab.Circuit.State);
    }

    [Fact]
    public async Task Interval_IsJittered_InstancesDoNotAskTogether()
    {
        var one = await LooksAsync(1);
        var other = await LooksAsync(2);

        // Drawn evenly from 15 to 45 seconds: mean 30, deviation 30/√12. Four standard errors of the mean.
        var gaps = one.Zip(one.Skip(1), static (a, b) => (b - a).TotalSeconds).ToArray();
        Assert.All(gaps, static gap => Assert.InRange(gap, 15 - 0.01, 45 + 0.01));
        Assert.InRange(gaps.Average(), 30 - (4 * 8.66 / Math.Sqrt(gaps.Length)), 30 + (4 * 8.66 / Math.Sqrt(gaps.Length)));
        Assert.True(gaps.Min() < 17 && gaps.Max() > 43);

        // The first look is anywhere within the first interval, and no two of them coincide.
        Assert.NotEqual(one[0], other[0]);
        Assert.Empty(one.Intersect(other));

        static async Task<List<DateTimeOffset>> LooksAsync(int seed)
        {
            LadderLab.GoOnInline();
            var clock = new ManualTimeProvider();
            var at = new List<DateTimeOffset>();
            using var stopping = new CancellationTokenSource();
            using var ladder = new ResilientChatBuilder()
                .WithTimeProvider(clock)
                .WithRandomizer(new Random(seed).NextDouble)
                .WithActiveProbes(static probes => (probes.ProbeIdleEndpoints, probes.IdleAfter) = (true, TimeSpan.FromSeconds(1)))
                .AddModel("primary", new PacedChatClient(clock, Called, TimeSpan.Zero, "pong"))
                .Build();
            var run = ladder.GetRequiredService<ChatProbes>().RunAsync(stopping.Token);
            clock.Advance(TimeSpan.FromHours(2));
            stopping.Cancel();
            await run;
            return at;

            TimeSpan Called()
            {
                at.Add(clock.GetUtcNow());
                return TimeSpan.FromMilliseconds(1);
            }
        }
    }
}
