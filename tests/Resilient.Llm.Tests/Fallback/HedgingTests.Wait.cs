using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>How long a hedge waits.</content>
public sealed partial class HedgingTests
{
    [BothWays]
    public async Task Hedge_UsualTimeKnown_ComesAfterItsPercentile(bool streaming)
    {
        _lab.Primary.Always(Slow("from primary", seconds: 0.3));
        var ladder = _lab.Models(chat => chat.WithHedging(static _ => { }));
        for (var i = 0; i < 30; i++)
        {
            await _lab.RunAsync(ladder.AskAsync(streaming));
        }

        _lab.Primary.Always(Slow("late", seconds: 10));
        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(TimeSpan.FromSeconds(0.3), response.GetResilienceReport()!.Elapsed);
    }

    [BothWays]
    public async Task Hedge_ManyCallsHang_DoesNotComeLaterAndLater(bool streaming)
    {
        var ladder = _lab.Models(chat => chat.WithHedging(static _ => { }));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 0.2));
        for (var i = 0; i < 120; i++)
        {
            _lab.Primary.Always(i > 30 && i % 3 == 0 ? Slow("late", seconds: 100) : Slow("from primary", seconds: 0.3));
            var response = await _lab.RunAsync(ladder.AskAsync(streaming));
            Assert.InRange(response.GetResilienceReport()!.Elapsed, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(0.5));
        }
    }

    [BothWays]
    public async Task Hedge_ModelIsSlowerThanTheFirstWait_IsLetFinishInTheEnd(bool streaming)
    {
        // With a budget for every call: it is not what lets the slow model finish now and then.
        var ladder = _lab.Models(chat => chat.WithHedging(static hedging => hedging.InitialDelay = TimeSpan.FromSeconds(0.5)).WithRetries(static retries => retries.BudgetFloor = 1_000));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 0.2));
        _lab.Primary.Always(Slow("from primary", seconds: 1));
        var text = "";
        for (var i = 0; i < 120; i++)
        {
            text = (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;
        }

        Assert.Equal("from primary", text);
    }
}
