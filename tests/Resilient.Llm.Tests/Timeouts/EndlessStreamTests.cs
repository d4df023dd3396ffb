using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Providers that go on and on without ever making anybody wait: no timer fires into such a stream.</summary>
public sealed class EndlessStreamTests
{
    private readonly LadderLab _lab = new();

    public static TheoryData<AIContent> Contentless => [new TextReasoningContent("hm "), new TextContent(string.Empty)];

    [Theory]
    [MemberData(nameof(Contentless))]
    public async Task Stream_NeverWaitsAndNeverBringsContent_IsCutOffSoonAfterItsTime(AIContent content)
    {
        LadderLab.GoOnInline();
        var client = new EndlessClient(_lab.Clock, content);
        var timed = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.FromSeconds(10) }, _lab.Clock);

        await Assert.ThrowsAsync<TimeoutException>(() => timed.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync());

        // One update takes 10 ms, and the clock is looked at every 64 of them.
        Assert.InRange(client.Updates, 1_000, 1_064);
        Assert.True(client.Token.IsCancellationRequested);
        Assert.True(client.IsDisposed);
    }

    [Fact]
    public async Task Stream_NeverWaitsAndHasContent_GoesOnPastTheTimeOfItsFirst()
    {
        LadderLab.GoOnInline();
        var client = new EndlessClient(_lab.Clock, new TextContent("a"), updates: 5_000);
        var timed = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.FromSeconds(10) }, _lab.Clock);

        var answer = await timed.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync();

        Assert.Equal(5_000, answer.Text.Length);
    }

    [Fact]
    public async Task Ladder_PrimaryReasonsForEverWithoutAWait_TheNextModelAnswers()
    {
        LadderLab.GoOnInline();
        var endless = new EndlessClient(_lab.Clock, new TextReasoningContent("hm "));
        var ladder = _lab.Builder().AddModel("endless", endless).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        var answer = await ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync();

        Assert.Equal("from cheaper", answer.Text);
        Assert.Equal(FailureKind.Timeout, answer.GetResilienceReport()!.Attempts[0].Failure);
    }
}
