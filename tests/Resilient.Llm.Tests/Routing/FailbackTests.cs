using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Health before strategy: which endpoint of a model is asked first while one of them is down, and when it is back.</summary>
public sealed class FailbackTests
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(30);

    private readonly RegionLab _lab = new();

    [BothWays]
    public async Task Endpoint_HasRecovered_IsPreferredAgainOnlyAfterTheDelay(bool streaming)
    {
        var ladder = await RecoveredAsync(streaming);

        _lab.Clock.Advance(s_delay - TimeSpan.FromTicks(1));
        Assert.Equal("from france", await AskAsync(ladder, streaming));

        _lab.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
    }

    [BothWays]
    public async Task Endpoint_BreakIsOver_OneRequestProbesItAndTheOthersGoToTheSibling(bool streaming)
    {
        LadderLab.GoOnInline();
        var ladder = await OpenAsync(streaming);
        var release = new TaskCompletionSource();
        _lab.Sweden.Always(Scripted.HangUntil(release.Task, "from sweden"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));

        var probe = ladder.AskAsync(streaming);
        var others = new List<ChatResponse>();
        for (var i = 0; i < 3; i++)
        {
            others.Add(await ladder.AskAsync(streaming));
        }

        release.SetResult();
        Assert.Equal("from sweden", (await probe).Text);
        Assert.All(others, static other => Assert.Equal("from france", other.Text));
        Assert.All(others, static other => Assert.Single(other.GetResilienceReport()!.Attempts));
        Assert.Equal(2, _lab.Sweden.CallCount);
    }

    [BothWays]
    public async Task Endpoint_ProbeFails_TheRequestIsAnsweredByTheSibling(bool streaming)
    {
        var ladder = await OpenAsync(streaming);
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("from france", await AskAsync(ladder, streaming));

        Assert.Equal(2, _lab.Sweden.CallCount);
        Assert.Equal(CircuitState.Open, RegionLab.CircuitInSweden(ladder).State);
    }

    [BothWays]
    public async Task Endpoint_RecoveredAndSiblingFails_IsAskedBeforeTheNextModel(bool streaming)
    {
        var ladder = await RecoveredAsync(streaming);
        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)));

        Assert.Equal("from sweden", await AskAsync(ladder, streaming));

        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Endpoint_ResetByAnOperator_IsPreferredAtOnce(bool streaming)
    {
        var ladder = await RecoveredAsync(streaming);

        RegionLab.CircuitInSweden(ladder).Isolate();
        Assert.Equal("from france", await AskAsync(ladder, streaming));
        RegionLab.CircuitInSweden(ladder).Reset();

        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
    }

    [BothWays]
    public async Task FailbackDelay_Zero_PrefersAtOnce(bool streaming)
    {
        var ladder = await RecoveredAsync(streaming, static chat => chat.WithFallback(static options => options.FailbackDelay = TimeSpan.Zero));

        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
    }

    [BothWays]
    public async Task Endpoint_Unavailable_StandsBehindItsSiblings(bool streaming)
    {
        var ladder = await OpenAsync(streaming);

        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        // Nobody had to pass it over.
        Assert.Equal(["france"], report.Attempts.Select(static attempt => attempt.Endpoint));
    }

    [BothWays]
    public async Task Endpoint_BreakIsOverBehindAHealthyOne_IsNotProbedUntilNeeded(bool streaming)
    {
        var ladder = await OpenAsync(streaming, strategy: new Reversed());
        _lab.Sweden.Always(Scripted.Answer("from sweden"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("from france", await AskAsync(ladder, streaming));
        Assert.Equal(1, _lab.Sweden.CallCount);

        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)));

        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
    }

    [BothWays]
    public async Task Endpoint_BreakIsOverBehindASlowOne_TheHedgeGoesPastItAndItIsAskedLast(bool streaming)
    {
        var ladder = await OpenAsync(streaming, static chat => chat.WithHedging(TimeSpan.FromSeconds(1)), new Reversed());
        _lab.Sweden.Always(Scripted.Answer("from sweden"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(3)));

        Assert.Equal("from cheaper", await AskAsync(ladder, streaming));
        Assert.Equal(1, _lab.Sweden.CallCount);

        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
    }

    [Fact]
    public void FailbackDelay_Negative_IsRefused()
    {
        var builder = _lab.Builder().AddModel("primary", _lab.Primary).WithFallback(static options => options.FailbackDelay = TimeSpan.FromSeconds(-1));

        Assert.Contains("FailbackDelay is -00:00:01", Assert.Throws<ArgumentException>(() => builder.Build()).Message, StringComparison.Ordinal);
    }

    /// <summary>Sweden's circuit has just opened.</summary>
    private async Task<IChatClient> OpenAsync(bool streaming, Action<ResilientChatBuilder>? configure = null, Reversed? strategy = null)
    {
        var ladder = _lab.Regions(model => model.RouteBy((RoutingStrategy?)strategy ?? RoutingStrategy.Ordered), chat =>
        {
            chat.WithCircuitBreaker(1, TimeSpan.FromSeconds(10));
            configure?.Invoke(chat);
        });
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        strategy?.IsOff = true;
        Assert.Equal("from france", await AskAsync(ladder, streaming));
        strategy?.IsOff = false;
        Assert.Equal(CircuitState.Open, RegionLab.CircuitInSweden(ladder).State);
        return ladder;
    }

    /// <summary>A probe has just closed Sweden's circuit again.</summary>
    private async Task<IChatClient> RecoveredAsync(bool streaming, Action<ResilientChatBuilder>? configure = null)
    {
        var ladder = await OpenAsync(streaming, configure);
        _lab.Sweden.Always(Scripted.Answer("from sweden"));
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("from sweden", await AskAsync(ladder, streaming));
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);
        return ladder;
    }

    private async Task<string> AskAsync(IChatClient ladder, bool streaming) => (await _lab.RunAsync(ladder.AskAsync(streaming))).Text;

    /// <summary>Puts Sweden behind France, but for the request that is to find it down.</summary>
    private sealed class Reversed : RoutingStrategy
    {
        public bool IsOff { get; set; }

        public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
        {
            if (!IsOff)
            {
                endpoints.Reverse();
            }
        }
    }
}
