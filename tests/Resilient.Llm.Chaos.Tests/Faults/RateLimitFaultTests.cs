using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>A provider that says when to come back starts a cooldown until then; one that does not say is an ordinary failure.</summary>
public sealed class RateLimitFaultTests : IDisposable
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(30);

    private readonly FaultLab _lab = new();

    [BothWays]
    public async Task RateLimited_WithRetryAfter_NobodyAsksBeforeThenAndSomebodyDoesAfterwards(bool streaming)
    {
        var ladder = _lab.Ladder();
        _lab.StartOnce(ChaosFault.RateLimited(s_retryAfter));

        var first = await _lab.AskAsync(ladder, streaming);
        var second = await _lab.AskAsync(ladder, streaming);
        var reopens = ladder.GetRequiredService<ChatCircuits>().Get("primary").ReopensIn!.Value;
        _lab.Clock.Advance(reopens);
        var third = await _lab.AskAsync(ladder, streaming);

        Assert.Equal((FailureKind.RateLimited, null), (first.Primary.Failure!.Value, first.Primary.SkipReason));
        Assert.NotNull(second.Primary.SkipReason);
        Assert.True(reopens >= s_retryAfter, $"It reopens after {reopens}.");
        Assert.Equal(("cheaper", "cheaper", "primary"), (first.Report.ServedBy, second.Report.ServedBy, third.Report.ServedBy));
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task RateLimited_WithoutRetryAfter_StartsNoCooldown(bool streaming)
    {
        var ladder = _lab.Ladder();
        _lab.StartOnce(ChaosFault.RateLimited());

        var first = await _lab.AskAsync(ladder, streaming);
        var second = await _lab.AskAsync(ladder, streaming);

        Assert.Equal(("cheaper", "primary"), (first.Report.ServedBy, second.Report.ServedBy));
        Assert.Equal(1, ladder.GetRequiredService<ChatCircuits>().Get("primary").Counts.Failures);
    }

    [BothWays]
    public async Task RateLimited_ShortRetryAfterAndNobodyBelow_IsWaitedForAndRetried(bool streaming)
    {
        var ladder = _lab.Alone();
        _lab.StartOnce(ChaosFault.RateLimited(TimeSpan.FromSeconds(1)));

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal("One two three.", outcome.Text);
        Assert.True(outcome.Report.Elapsed >= TimeSpan.FromSeconds(1), $"After {outcome.Report.Elapsed}.");
    }

    public void Dispose() => _lab.Dispose();
}
