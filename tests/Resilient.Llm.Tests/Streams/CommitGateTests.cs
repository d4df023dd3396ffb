using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Tests;

public sealed class CommitGateTests
{
    /// <summary>A hedge holds reasoning back until its race is decided, while the provider goes on.</summary>
    [Fact]
    public async Task Reasoning_NotTakenBeforeTheProviderFillsItsUpdateAgain_ReadsAsItDid()
    {
        var gate = new CommitGate();
        await using var provider = Refilling("", "one ", "two ").GetAsyncEnumerator();

        while (!gate.IsCommitted)
        {
            Assert.True(await gate.PullAsync(provider));
        }

        Assert.Equal(4, gate.Held);
        var taken = new List<string>();
        while (gate.TryTake(out var update))
        {
            taken.Add(string.Concat(update.Contents));
        }

        Assert.Equal(["", "one ", "two ", "answer"], taken);
        Assert.True(gate.IsPassing);
    }

    [Fact]
    public async Task Discarded_WithSomethingNotTaken_HoldsNothing()
    {
        var gate = new CommitGate();
        await using var provider = Refilling("", "one ").GetAsyncEnumerator();
        Assert.True(await gate.PullAsync(provider));

        gate.Discard();

        Assert.Equal(0, gate.Held);
        Assert.False(gate.TryTake(out _));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Refilling(params string[] thoughts)
    {
        var update = new ChatResponseUpdate();
        var content = new TextReasoningContent(string.Empty);
        foreach (var thought in thoughts)
        {
            content.Text = thought;
            update.Contents = [content];
            yield return update;
        }

        update.Contents = [new TextContent("answer")];
        yield return update;
        await Task.CompletedTask;
    }
}
