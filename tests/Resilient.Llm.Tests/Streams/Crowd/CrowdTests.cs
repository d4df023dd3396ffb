using System.Globalization;
using Microsoft.Extensions.AI;
using Xunit.Abstractions;

namespace Resilient.Llm.Tests;

/// <summary>Ten thousand streams at once through whole ladders: all end as the contract says, they take little memory, and none of it stays.</summary>
[Collection(nameof(Alone))]
public sealed class CrowdTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Crowd_OfTenThousandStreams_EndsAsTheContractSaysAndLeavesNothing()
    {
        await Crowd.LiveBytesAsync();
        var unobserved = new List<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, e) =>
        {
            lock (unobserved)
            {
                unobserved.Add(e.Exception.ToString());
            }
        };
        TaskScheduler.UnobservedTaskException += onUnobserved;
        try
        {
            var bare = await BareAsync();
            var crowd = new Crowd(hasFaults: true);
            using var continuing = Ladder(crowd, goesOn: true);
            using var interrupting = Ladder(crowd, goesOn: false);

            // The first crowd fills what is meant to be kept: stored answers, statistics, pools. A permit that it did not give back, the second one would miss.
            AssertContract(await RunAsync(crowd, continuing, interrupting));
            var run = await RunAsync(crowd, continuing, interrupting);
            AssertContract(run);
            var after = await Crowd.LiveBytesAsync();

            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"bytes per open stream: bare {bare:F0}, through the ladder {run.BytesPerStream:F0}, added {run.BytesPerStream - bare:F0}; live before {run.Before / 1024:N0} KiB, open {run.Open / 1024:N0} KiB, after {after / 1024:N0} KiB"));
            Assert.InRange(run.BytesPerStream - bare, 0, 20_000);
            Assert.InRange(after - run.Before, long.MinValue, 200L * Crowd.Size);
            Assert.Equal(0, run.Sample.Count(static reference => reference.IsAlive));
            Assert.Empty(unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }

        void AssertContract(CrowdRun run)
        {
            Assert.Empty(run.Complaints);
            Assert.Equal(0, run.ArmedTimers);
        }
    }

    /// <summary>What a stream takes without any ladder: the provider's part and the consumer's.</summary>
    private static async Task<double> BareAsync()
    {
        var crowd = new Crowd(hasFaults: false);
        await crowd.RunAsync(_ => crowd.Primary, isLadder: false);
        var run = await crowd.RunAsync(_ => crowd.Primary, isLadder: false);
        Assert.Empty(run.Complaints);
        return run.BytesPerStream;
    }

    private static async Task<CrowdRun> RunAsync(Crowd crowd, IChatClient continuing, IChatClient interrupting)
    {
        var run = await crowd.RunAsync(number => Crowd.GoesOn(number) ? continuing : interrupting, isLadder: true);
        Assert.Equal((0, 0), (crowd.Primary.Open, crowd.Cheaper.Open));
        foreach (var ladder in (IChatClient[])[continuing, interrupting])
        {
            // Fifty streams that hung at one moment opened it. The next crowd finds it as the first one did.
            ladder.Circuit("primary").Reset();
        }

        return run;
    }

    /// <summary>A whole ladder, with no more permits than streams.</summary>
    private static IChatClient Ladder(Crowd crowd, bool goesOn) => new ResilientChatBuilder()
        .WithTimeProvider(crowd.Clock)
        .AddModel("primary", crowd.Primary)
        .AddModel("cheaper", crowd.Cheaper)
        .AddCachedAnswers()
        .AddLastResort()
        .WithRateLimit(limit => limit.MaxConcurrentCalls = Crowd.Count(goesOn))
        .WithFallback(fallback => fallback.MidStream = goesOn ? MidStreamPolicy.Continue : MidStreamPolicy.Interrupt)
        .Build();
}

/// <summary>For tests that look at the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
