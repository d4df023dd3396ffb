using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class ScriptedChatClientTests
{
    private readonly ManualTimeProvider _time = new();

    [BothWays]
    public async Task Script_StepsRunOut_LastRepeatsUnlessAlwaysIsGiven(bool streaming)
    {
        var client = ScriptedChatClient.Answering("one").Then(Scripted.Answer("t", "wo"));
        Assert.Equal("one", (await client.AskAsync(streaming)).Text);
        Assert.Equal("two", (await client.AskAsync(streaming)).Text);
        Assert.Equal("two", (await client.AskAsync(streaming)).Text);

        client.Always(Scripted.Throw(new IOException("down")));
        await Assert.ThrowsAsync<IOException>(() => client.AskAsync(streaming));
        Assert.Equal(4, client.CallCount);
        Assert.Equal(0, client.InFlight);
        Assert.Equal(0, client.OpenEnumerators);
    }

    [BothWays]
    public async Task Script_Answer_CarriesFinishReasonAndUsageAndIsRecorded(bool streaming)
    {
        var client = ScriptedChatClient.Playing(Scripted.Answer("hi").Using(3, 4)).Named("primary");
        var options = new ChatOptions { MaxOutputTokens = 7 };

        var response = await client.AskAsync(streaming, "why?", options);

        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(7, response.Usage?.TotalTokenCount);
        var call = Assert.Single(client.Calls);
        Assert.Equal(("why?", streaming, 7), (call.Question, call.IsStreaming, call.Options?.MaxOutputTokens));
        Assert.Same(options, call.ReceivedOptions);
        Assert.Equal("primary", client.GetService<ChatClientMetadata>()?.ProviderName);
    }

    [BothWays]
    public async Task Script_Hang_EndsByCancellationOnly(bool streaming)
    {
        using var source = new CancellationTokenSource();
        var client = ScriptedChatClient.Playing(Scripted.Hang());
        var asking = client.AskAsync(streaming, cancellationToken: source.Token);
        Assert.Equal(1, client.InFlight);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal((0, 1), (client.InFlight, client.PeakInFlight));
    }

    [BothWays]
    public async Task Script_HangUntil_IgnoresCancellation(bool streaming)
    {
        var release = new TaskCompletionSource();
        using var source = new CancellationTokenSource();
        var asking = ScriptedChatClient.Playing(Scripted.HangUntil(release.Task)).AskAsync(streaming, cancellationToken: source.Token);

        await source.CancelAsync();
        Assert.False(asking.IsCompleted);
        release.SetResult();

        Assert.Equal("late", (await asking).Text);
    }

    [BothWays]
    public void Script_DelayedAndPaced_WaitOnTheClock(bool streaming)
    {
        var client = ScriptedChatClient.Playing(Scripted.Answer("a", "b").Paced(_time, TimeSpan.FromSeconds(1)).Delayed(_time, TimeSpan.FromSeconds(3)));
        var asking = client.AskAsync(streaming);

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.True(asking.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Script_BreakingAfter_GivesThatManyContentsFirst()
    {
        var client = ScriptedChatClient.Playing(Scripted.Answer("a", "b", "c").BreakingAfter(2, new IOException("cut")));
        var text = string.Empty;

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync([]))
            {
                text += update.Text;
            }
        });

        Assert.Equal("ab", text);
        Assert.Equal(1, client.EnumeratorsDisposed);
    }

    [BothWays]
    public async Task Script_PreambleOrNoFinishReason_HasNone(bool streaming)
    {
        var client = ScriptedChatClient.Playing(Scripted.Preamble()).Then(Scripted.Answer("x").WithoutFinishReason());

        var preamble = await client.AskAsync(streaming);
        var cut = await client.AskAsync(streaming);

        Assert.Equal((string.Empty, null), (preamble.Text, preamble.FinishReason));
        Assert.Equal(("x", null), (cut.Text, cut.FinishReason));
    }
}
