using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class RetryDisposalTests
{
    [Fact]
    public async Task Stream_DisposedTwiceAfterARetry_NothingHappens()
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        var client = ScriptedChatClient.Playing(Scripted.Throw(LadderLab.Status(500))).Then(Scripted.Answer("again"));
        var stream = new RetryChatClient(client, timeProvider: lab.Clock).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        Assert.True(await lab.RunAsync(stream.MoveNextAsync().AsTask()));

        await stream.DisposeAsync();
        await stream.DisposeAsync();

        Assert.Equal((2, 0), (client.CallCount, client.OpenEnumerators));
    }
}
