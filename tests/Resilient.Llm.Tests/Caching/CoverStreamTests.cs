using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A cache that stands alone, over a stream: what shows before the first content, and what a stored answer may still replace.</summary>
public sealed class CoverStreamTests
{
    [Fact]
    public async Task Stream_ReasonsAndThenFails_ReasoningIsShownAndTheStoredAnswerFollows()
    {
        using var client = new CachedAnswerChatClient(new ScriptedChatClient()
            .Then(Scripted.Answer("stored"))
            .Then(Scripted.Give(new TextReasoningContent("hmm"), new TextContent("lost")).BreakingAfter(1, new IOException())));
        await client.AskAsync(streaming: true);

        var updates = await client.GetStreamingResponseAsync("question").ToListAsync();

        Assert.Equal("hmm", Reasoning(updates));
        Assert.Equal("stored", Text(updates));
    }

    [Fact]
    public async Task Stream_Healthy_PassesReasoningAndTextOnceAndInOrder()
    {
        using var client = new CachedAnswerChatClient(ScriptedChatClient.Playing(
            Scripted.Give(new TextReasoningContent("hmm"), new TextContent("an "), new TextContent("answer"))));

        var updates = await client.GetStreamingResponseAsync("question").ToListAsync();

        Assert.Equal(("hmm", "an answer"), (Reasoning(updates), Text(updates)));
        Assert.True(updates.FindIndex(static u => u.Contents.Any(static c => c is TextReasoningContent)) < updates.FindIndex(static u => u.Text.Length > 0));
    }

    [Fact]
    public async Task Stream_BreaksAfterText_NothingStoredIsMixedIn()
    {
        using var client = new CachedAnswerChatClient(new ScriptedChatClient()
            .Then(Scripted.Answer("stored"))
            .Then(Scripted.Answer("one ", "two").BreakingAfter(1, new IOException())));
        await client.AskAsync(streaming: true);
        var heard = string.Empty;

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await foreach (var update in client.GetStreamingResponseAsync("question"))
            {
                heard += update.Text;
            }
        });

        Assert.Equal("one ", heard);
    }

    private static string Text(IEnumerable<ChatResponseUpdate> updates) => string.Concat(updates.Select(static u => u.Text));

    private static string Reasoning(IEnumerable<ChatResponseUpdate> updates) =>
        string.Concat(updates.SelectMany(static u => u.Contents).OfType<TextReasoningContent>().Select(static c => c.Text));
}
