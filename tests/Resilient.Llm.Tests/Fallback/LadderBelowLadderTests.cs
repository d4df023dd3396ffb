using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A bare <see cref="FallbackChatClient"/> inside an endpoint shares the trace of the ladder around it, and is left behind when the endpoint's time is up.</summary>
public sealed class LadderBelowLadderTests
{
    private readonly LadderLab _lab = new();
    private readonly TaskCompletionSource _release = new();
    private readonly ScriptedChatClient _second = new ScriptedChatClient().Always(Scripted.Answer("from second"));

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Inner_LeftBehind_AsksNobodyElseAndLeavesTheContextAlone(bool streaming, bool fails)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(fails ? Scripted.Throw(LadderLab.Status(500)).After(_release.Task) : Scripted.HangUntil(_release.Task));
        _lab.Cheaper.Always(Scripted.Answer("from cheaper").Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = Ladder();

        var asked = ladder.AskAsync(streaming);
        while (_lab.Cheaper.CallCount == 0)
        {
            Assert.True(_lab.Clock.AdvanceToNextTimer());
        }

        _release.SetResult();
        var answer = await _lab.RunAsync(asked);

        Assert.Equal("from cheaper", answer.Text);
        Assert.Equal(0, _second.CallCount);
        var report = answer.GetResilienceReport()!;
        Assert.Equal("cheaper", report.ServedBy);
        Assert.Equal(["primary", "cheaper"], report.Attempts.Select(static a => a.Step));
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }

    [BothWays]
    public async Task Inner_FailsInTime_StepsDownByItself(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.FailPrimary();

        Assert.Equal("from second", (await Ladder().AskAsync(streaming)).Text);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    private IChatClient Ladder() => _lab.Builder()
        .AddModel("primary", _lab.Primary, model => model.Use(
            client => new FallbackChatClient([new("first", client), new("second", _second)], timeProvider: _lab.Clock)))
        .AddModel("cheaper", _lab.Cheaper)
        .Build();
}
