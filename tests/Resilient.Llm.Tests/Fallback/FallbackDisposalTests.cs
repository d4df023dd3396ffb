using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class FallbackDisposalTests
{
    [Fact]
    public void Ladder_OneClientCannotBeDisposed_TheOthersAre()
    {
        var others = new[] { new ScriptedChatClient(), new ScriptedChatClient() };
        var ladder = new FallbackChatClient([new("a", others[0]), new("stuck", new StuckClient()), new("b", others[1])]);

        Assert.Equal("stuck", Assert.Throws<IOException>(ladder.Dispose).Message);

        Assert.All(others, static other => Assert.Equal(1, other.Disposals));
    }

    [Fact]
    public async Task Stream_DisposedWhileAMoveIsPending_WhatComesLateGoesNowhere()
    {
        LadderLab.GoOnInline();
        var client = new HandFedClient();
        var stream = new FallbackChatClient([new("a", client)]).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var first = stream.MoveNextAsync();
        client.Feed(new TextContent("a"));
        Assert.True(await first);
        var move = stream.MoveNextAsync().AsTask();

        await stream.DisposeAsync();
        client.Feed(new TextContent("b"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal("a", stream.Current.Text);
    }

    private sealed class StuckClient : DelegatingChatClient
    {
        public StuckClient()
            : base(new ScriptedChatClient())
        {
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new IOException("stuck");
        }
    }
}
