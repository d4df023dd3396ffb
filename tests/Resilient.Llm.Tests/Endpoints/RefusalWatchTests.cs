using Resilient.Llm.Endpoints;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RefusalWatchTests
{
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public void Refusals_OfDifferentRequests_MakeItSuspectUntilItAnswers()
    {
        var watch = Watch();
        Refuse(watch, 1, 2, 1, 2);
        Assert.False(watch.IsSuspect);

        Refuse(watch, 3);
        Assert.True(watch.IsSuspect);

        watch.NoteAnswer(null);
        Assert.Equal((false, true), (watch.IsSuspect, watch.IsWell));
    }

    [Fact]
    public void Answer_Between_StartsTheRowAnew()
    {
        var watch = Watch();
        Refuse(watch, 1, 2);
        watch.NoteAnswer(null);
        Refuse(watch, 3, 4);

        Assert.False(watch.IsSuspect);
    }

    [Fact]
    public void AnswersOfSiblings_AsManyAsTheThreshold_ProveIt()
    {
        var watch = Watch();
        Refuse(watch, 1, 2, 3);

        Assert.False(watch.NoteAnsweredBySibling());
        Assert.False(watch.NoteAnsweredBySibling());
        Assert.True(watch.NoteAnsweredBySibling());
        Assert.False(watch.NoteAnsweredBySibling());
    }

    [Fact]
    public void AnswersOfSiblings_AfterItsOwn_CountNothing()
    {
        var watch = Watch();
        Refuse(watch, 1, 2, 3);
        watch.NoteAnsweredBySibling();
        watch.NoteAnsweredBySibling();
        watch.NoteAnswer(null);

        Assert.False(watch.NoteAnsweredBySibling());
    }

    [Fact]
    public void Failures_WithoutAnyAnswer_AreRemembered()
    {
        var (failed, recovered, fresh) = (Watch(), Watch(), Watch());
        failed.NoteFailure();
        recovered.NoteFailure();
        recovered.NoteAnswer("model");
        recovered.NoteFailure();

        Assert.Equal((true, false, false), (failed.HasOnlyFailed, recovered.HasOnlyFailed, fresh.HasOnlyFailed));
        Assert.Equal("model", recovered.KnownModelId);
    }

    [Fact]
    public void Probe_OncePerBreak()
    {
        var watch = Watch();
        Assert.True(watch.TryBeginProbe());
        _clock.Advance(s_break - TimeSpan.FromTicks(1));
        Assert.False(watch.TryBeginProbe());
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(watch.TryBeginProbe());
    }

    [Fact]
    public void Off_IsNeverSuspect()
    {
        var watch = new RefusalWatch(int.MaxValue, s_break, _clock);
        for (var i = 0ul; i < 10_000; i++)
        {
            watch.NoteRefused(i);
        }

        Assert.False(watch.IsSuspect);
    }

    [Fact]
    public void RandomRows_AreSuspectExactlyAfterAsManyDifferentRefusalsInARow()
    {
        var random = new Random(11);
        for (var run = 0; run < 2_000; run++)
        {
            var threshold = random.Next(1, 6);
            var watch = new RefusalWatch(threshold, s_break, _clock);
            var row = new HashSet<ulong>();
            for (var i = 0; i < 30; i++)
            {
                if (random.Next(5) == 0)
                {
                    row.Clear();
                    watch.NoteAnswer(null);
                }
                else
                {
                    var request = (ulong)random.Next(5);
                    row.Add(request);
                    watch.NoteRefused(request);
                }

                Assert.Equal(row.Count >= threshold, watch.IsSuspect);
            }
        }
    }

    private RefusalWatch Watch() => new(3, s_break, _clock);

    private static void Refuse(RefusalWatch watch, params ulong[] requests)
    {
        foreach (var request in requests)
        {
            watch.NoteRefused(request);
        }
    }
}
