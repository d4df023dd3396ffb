using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RetryAfterWaitTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [BothWaysData(1.0, true)]
    [BothWaysData(2.0, true)]
    [BothWaysData(2.5, false)]
    public async Task RateLimit_NoLaterModel_IsWaitedForOnlyIfShort(bool streaming, double retryAfter, bool isWaited)
    {
        _lab.Draw = 0.999;
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromSeconds(retryAfter))));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build();

        var report = (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(isWaited ? "primary" : "last-resort", report.ServedBy);
        Assert.InRange(report.Elapsed.TotalSeconds, isWaited ? retryAfter : 0, isWaited ? (retryAfter * 1.1) + 0.025 : 0);
    }

    [BothWays]
    public async Task RateLimit_ALaterModelIsEligible_StepsDownAtOnce(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromSeconds(1))));

        var report = (await _lab.RunAsync(_lab.Models().AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(("cheaper", TimeSpan.Zero), (report.ServedBy, report.Elapsed));
    }

    [BothWays]
    public async Task RateLimit_TheLaterModelIsOpen_IsWaitedFor(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromSeconds(1))));
        var ladder = _lab.Models();
        ladder.Circuit("cheaper").Isolate();

        var report = (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal("primary", report.ServedBy);
    }

    [BothWays]
    public async Task RateLimit_NoHeader_IsNotWaitedFor(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(null)));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build();

        Assert.Equal("last-resort", (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!.ServedBy);
        Assert.Equal(1, ladder.Circuit("primary").Counts.Failures);
    }

    [BothWays]
    public async Task Cooldown_LastsForRetryAfter(bool streaming)
    {
        _lab.Draw = 0;
        _lab.Primary.Then(Scripted.Throw(LadderLab.RateLimited(TimeSpan.FromSeconds(60))));
        var ladder = _lab.Models();

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        Assert.True(ladder.Circuit("primary").IsCoolingDown);
        _lab.Clock.Advance(TimeSpan.FromSeconds(59.9));
        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(1, _lab.Primary.CallCount);
        _lab.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("from primary", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
    }
}
