using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Calls that are released by the end of others.</summary>
public sealed class RateLimitReleaseTests
{
    [BothWays]
    public async Task Queue_TwentyThousandThatAreAnsweredAtOnce_AllGoInPlaceOneAfterTheOther(bool streaming)
    {
        LadderLab.GoOnInline();
        var release = new TaskCompletionSource();
        var client = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).Then(Scripted.Answer("next"), times: 20_000);
        using var limited = new RateLimitChatClient(client, new() { MaxConcurrentCalls = 1, MaxWait = TimeSpan.FromSeconds(10) }, new ManualTimeProvider());
        var asks = Enumerable.Range(0, 20_000).Select(_ => limited.AskAsync(streaming)).ToArray();

        release.SetResult();

        Assert.Equal(0, asks.Count(static ask => !ask.IsCompletedSuccessfully));
        await Task.WhenAll(asks);
    }

    [Fact]
    public async Task Queue_RealTime_AnAnswerDoesNotWaitForTheCallThatItsEndReleases()
    {
        var release = new TaskCompletionSource();
        using var block = new ManualResetEventSlim();
        using var limited = new RateLimitChatClient(new BlockingSecondClient(release.Task, block), new() { MaxConcurrentCalls = 1, MaxWait = TimeSpan.FromMinutes(1) });
        var first = limited.GetResponseAsync(LadderLab.Ask());
        var second = limited.GetResponseAsync(LadderLab.Ask());

        // With the second call on this thread, this would not return.
        release.SetResult();
        Assert.Equal("answer", (await first).Text);

        block.Set();
        Assert.Equal("answer", (await second).Text);
    }
}
