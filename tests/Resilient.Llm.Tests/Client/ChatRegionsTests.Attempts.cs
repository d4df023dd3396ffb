using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Calls that are about to be made when the switch is thrown, or are in progress.</content>
public sealed partial class ChatRegionsTests
{
    [BothWays]
    public async Task Isolate_CallInProgress_GoesOn(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Answer("one ", "two").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = Ladder();
        var call = ladder.AskAsync(streaming);
        Assert.Equal(1, _lab.Sweden.InFlight);

        Regions(ladder).Isolate(Sweden);

        Assert.Equal("one two", (await _lab.RunAsync(call)).Text);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task Switch_WhileAttemptWaitsForItsRetry_IsNotRetriedThere(bool streaming, bool isolates)
    {
        _lab.Sweden.Always(Scripted.Throw(() => LadderLab.Status(503)));
        var ladder = Ladder();
        var call = ladder.AskAsync(streaming);
        Assert.Equal(1, _lab.Sweden.CallCount);

        (isolates ? (Action<string>)Regions(ladder).Isolate : Regions(ladder).Drain)(Sweden);

        Assert.Equal("from france", (await _lab.RunAsync(call)).Text);
        Assert.Equal(1, _lab.Sweden.CallCount);
    }

    [BothWays]
    public async Task Isolate_WhileCallWaitsForItsTurn_IsNotSentThere(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Answer("first").Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = Ladder(sweden: static e => e.WithRateLimit(static o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(5))));
        var calls = new[] { ladder.AskAsync(streaming), ladder.AskAsync(streaming) };
        Assert.Equal((1, 0), (_lab.Sweden.CallCount, _lab.France.CallCount));

        Regions(ladder).Isolate(Sweden);

        Assert.Equal(["first", "from france"], (await _lab.RunAsync(Task.WhenAll(calls))).Select(static r => r.Text));
        Assert.Equal(1, _lab.Sweden.CallCount);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task Switch_RegionOfTheNextEndpoint_HedgeGoesPastIt(bool streaming, bool isolates)
    {
        var norway = new ScriptedChatClient().Always(Scripted.Answer("from norway"));
        _lab.Sweden.Always(Scripted.Answer("slow").Delayed(_lab.Clock, TimeSpan.FromSeconds(10)));
        var ladder = Ladder(model => model.WithHedging(TimeSpan.FromMilliseconds(500)).AddEndpoint("norway", norway, static e => e.InRegion("norwayeast")));
        (isolates ? (Action<string>)Regions(ladder).Isolate : Regions(ladder).Drain)(France);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from norway", response.Text);
        Assert.Equal((1, 0), (_lab.Sweden.CallCount, _lab.France.CallCount));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Switch_RegionOfTheNextEndpoint_AnotherOneGoesOnWithTheStream(bool isolates)
    {
        _lab.Sweden.Always(Scripted.Answer("one ").BreakingAfter(1, new IOException()));
        _lab.Cheaper.Always(Scripted.Answer("two"));
        var ladder = Ladder();
        (isolates ? (Action<string>)Regions(ladder).Isolate : Regions(ladder).Drain)(France);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("one two", response.Text);
        Assert.Equal("cheaper", response.GetResilienceReport()!.ServedBy);
        Assert.Equal(0, _lab.France.CallCount);
    }

    [Fact]
    public async Task Drain_NobodyElseCanGoOn_TheStreamIsContinuedThere()
    {
        _lab.Sweden.Then(Scripted.Answer("one ").BreakingAfter(1, new IOException())).Always(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        _lab.France.Always(Scripted.Answer("two"));
        var ladder = Ladder();
        Regions(ladder).Drain(France);

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("one two", response.Text);
        Assert.Equal((2, 1, 1), (_lab.Sweden.CallCount, _lab.France.CallCount, _lab.Cheaper.CallCount));
    }

    [Fact]
    public void Switch_Thrown_IsLoggedOnceUnderAStableId()
    {
        using var log = new LogCapture();
        using var services = new ServiceCollection().AddSingleton<ILoggerFactory>(log).BuildServiceProvider();
        var regions = Regions(_lab.Builder().AddModel("primary", _lab.Sweden, static m => m.InRegion(Sweden)).Build(services));

        regions.Drain(Sweden);
        regions.Drain(Sweden);
        regions.Isolate(Sweden);
        regions.Restore(Sweden);
        regions.Restore(Sweden);

        Assert.Equal(
            ["Drained", "Isolated", "InService"],
            log.Entries.Where(static e => e.Id == 30).Select(static e => e.Message.Split("-> ")[1].Split(',')[0]));
        Assert.All(log.Entries, static e => Assert.Equal((30, LogLevel.Information), (e.Id, e.Level)));
    }
}
