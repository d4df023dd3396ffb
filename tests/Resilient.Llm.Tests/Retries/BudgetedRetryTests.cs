using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class BudgetedRetryTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Budget_AllCallsFail_TenRetriesInTenSecondsThenNone(bool streaming)
    {
        _lab.Draw = 0;
        _lab.FailPrimary(LadderLab.Status(500));
        var ladder = NeverOpening();
        for (var i = 0; i < 50; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.Equal(60, _lab.Primary.CallCount);
        _lab.Clock.Advance(TimeSpan.FromSeconds(11));
        for (var i = 0; i < 50; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.Equal(120, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Budget_ManyCalls_AllowsATenthExtra(bool streaming)
    {
        _lab.Draw = 0;
        var ladder = NeverOpening();
        for (var i = 0; i < 1_000; i++)
        {
            await ladder.AskAsync(streaming);
        }

        _lab.FailPrimary(LadderLab.Status(500));
        for (var i = 0; i < 100; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        Assert.InRange(_lab.Primary.CallCount, 1_100 + 100, 1_100 + 110);
    }

    private Microsoft.Extensions.AI.IChatClient NeverOpening() => _lab.Models(static chat => chat.WithCircuitBreaker(static b =>
    {
        b.FailureThreshold = 10_000;
        b.ConsecutiveFailures = null;
    }));
}
