using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Faults that never say anything: caught by the timeout, and by nothing else where there is none.</summary>
public sealed class SilentFaultTests : IDisposable
{
    private static readonly TimeSpan s_attempt = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan s_firstContent = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(10);

    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind, bool> Faults
    {
        get
        {
            var data = new TheoryData<ChaosFaultKind, bool>();
            foreach (var streaming in new[] { false, true })
            {
                data.Add(ChaosFaultKind.Hang, streaming);
                data.Add(ChaosFaultKind.DeafHang, streaming);
                data.Add(ChaosFaultKind.KeepAlivesOnly, streaming);
                data.Add(ChaosFaultKind.StalledStream, streaming);
                data.Add(ChaosFaultKind.Latency, streaming);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_BeforeContent_TheTimeoutStepsDown(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Ladder(static chat => chat.WithTimeouts(static t => (t.AttemptTimeout, t.FirstContentTimeout, t.IdleTimeout) = (s_attempt, s_firstContent, s_idle)));
        var run = _lab.Start(Fault(kind));

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal("from cheaper", outcome.Text);
        Assert.Equal((FailureKind.Timeout, streaming ? s_firstContent : s_attempt), (outcome.Primary.Failure, outcome.Primary.Duration));
        Assert.Empty(_lab.Retries);
        run.Dispose();
        Assert.Equal((0, 0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.CallCount, _lab.Primary.OpenEnumerators));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_BeforeContentWithoutTimeouts_IsNotCaughtUntilTheExperimentEnds(ChaosFaultKind kind, bool streaming)
    {
        FaultLab.GoOnInline();
        var ladder = _lab.Ladder(static chat => chat.AnswerWithin(Timeout.InfiniteTimeSpan).WithTimeouts(static t => t.IdleTimeout = Timeout.InfiniteTimeSpan));
        var run = _lab.Start(Fault(kind));
        var asking = ladder.AskAsync(streaming);
        _lab.Clock.Advance(s_long);

        Assert.False(asking.IsCompleted, "Somebody caught it.");
        run.Dispose();

        Assert.True(asking.IsCompleted, "It still waits for an experiment that is over.");
        Assert.Equal("One two three.", (await asking).Text);
        Assert.Equal((0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.OpenEnumerators));
    }

    [Fact]
    public async Task StalledStream_AfterContent_TheIdleTimeoutEndsItAndTheNextModelGoesOn()
    {
        var ladder = _lab.Ladder(static chat => chat.WithTimeouts(static t => (t.FirstContentTimeout, t.IdleTimeout) = (s_firstContent, s_idle)));
        using var run = _lab.Start(new(ChaosFaultKind.StalledStream));

        var outcome = await _lab.AskAsync(ladder, streaming: true);

        Assert.StartsWith("One ", outcome.Text, StringComparison.Ordinal);
        Assert.EndsWith("from cheaper", outcome.Text, StringComparison.Ordinal);
        Assert.Equal((FailureKind.Timeout, s_idle, AttemptDelivery.Content), (outcome.Primary.Failure, outcome.Primary.Duration, outcome.Primary.Delivered));
    }

    [Fact]
    public async Task StalledStream_AfterContentWithoutIdleTimeout_IsNotCaughtUntilTheExperimentEnds()
    {
        FaultLab.GoOnInline();
        var ladder = _lab.Ladder(static chat => chat.WithTimeouts(static t => t.IdleTimeout = Timeout.InfiniteTimeSpan));
        var run = _lab.Start(new(ChaosFaultKind.StalledStream));
        var asking = ladder.AskAsync(streaming: true);
        _lab.Clock.Advance(s_long);

        Assert.False(asking.IsCompleted, "Somebody caught it.");
        run.Dispose();

        Assert.True(asking.IsCompleted, "It still waits for an experiment that is over.");
        Assert.Equal("One two three.", (await asking).Text);
        Assert.Equal((0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.OpenEnumerators));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SlowStream_SlowerThanTheIdleTimeout_OnlyThatCatchesIt(bool hasIdleTimeout)
    {
        var ladder = _lab.Ladder(chat => chat
            .AnswerWithin(Timeout.InfiniteTimeSpan)
            .WithTimeouts(t => t.IdleTimeout = hasIdleTimeout ? s_idle : Timeout.InfiniteTimeSpan));
        using var run = _lab.Start(new(ChaosFaultKind.SlowStream) { Latency = ChaosLatency.Fixed(2 * s_idle) });

        var outcome = await _lab.AskAsync(ladder, streaming: true);

        Assert.Equal(hasIdleTimeout ? FailureKind.Timeout : null, outcome.Primary.Failure);
        Assert.Equal(hasIdleTimeout, outcome.Report.WasContinued);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task Latency_WithinTheTimeouts_OnlyAHedgeCatchesIt(bool streaming, bool hasHedge)
    {
        var ladder = _lab.Ladder(primary: model =>
        {
            if (hasHedge)
            {
                model.WithHedging(TimeSpan.FromMilliseconds(500));
            }
        });
        using var run = _lab.Start(ChaosFault.SlowedBy(TimeSpan.FromSeconds(3)));

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal(
            hasHedge ? ("cheaper", TimeSpan.FromMilliseconds(500)) : ("primary", TimeSpan.FromSeconds(3)),
            (outcome.Report.ServedBy, outcome.Report.Elapsed));
    }

    public void Dispose() => _lab.Dispose();

    private static ChaosFault Fault(ChaosFaultKind kind) => new(kind)
    {
        AfterContents = 0,
        Latency = kind == ChaosFaultKind.Latency ? ChaosLatency.Fixed(2 * s_long) : null,
    };
}
