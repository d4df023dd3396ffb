using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Tests;

public sealed class DeliveredUpdatesTests
{
    [Fact]
    public void Updates_EachItsOwn_AreKeptAsTheyAre()
    {
        ChatResponseUpdate[] updates = [Text("a"), Text("b"), new(ChatRole.Assistant, [new TextContent("c"), new TextContent("d")])];
        using var delivered = Deliver(updates);

        Assert.Same(updates[0], delivered.ToArray()[0]);
        Assert.Same(updates[1], delivered.ToArray()[1]);
        Assert.Equal("abcd", delivered.ToChatResponse().Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Update_FilledAgainAndAgain_ReadsAsWhatWasDelivered(bool contentToo)
    {
        var update = new ChatResponseUpdate { MessageId = "m" };
        var content = new TextContent(string.Empty);
        using var delivered = Deliver(new[] { "", "one ", "two ", "two ", "three" }.Select(text =>
        {
            content = contentToo ? content : new TextContent(text);
            content.Text = text;
            update.Contents = [content];
            return update;
        }));

        Assert.Equal("one two two three", delivered.ToChatResponse().Text);
        Assert.Equal(["", "one ", "two ", "two ", "three"], delivered.ToArray().Select(static u => u.Text));
        Assert.Equal("m", Assert.Single(delivered.ToChatResponse().Messages).MessageId);
    }

    [Fact]
    public void Update_FilledAgainAfterTheEnd_TheEndStaysDelivered()
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, "whole") { MessageId = "m" };
        using var delivered = Deliver(new ChatFinishReason?[] { null, ChatFinishReason.Stop, null }.Select(reason =>
        {
            update.FinishReason = reason;
            return update;
        }));

        Assert.Equal(ChatFinishReason.Stop, delivered.ToChatResponse().FinishReason);
        Assert.Equal("the answer had already ended", PartialAnswer.Of(delivered.ToArray()).WhyNotContinuable(null));
    }

    [Fact]
    public void Update_EndedWhenNobodyReadsItAnyMore_HadNoEnd()
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, "cut");
        using var delivered = Deliver([update]);

        // A client that is deaf to its cancellation may go on filling.
        update.FinishReason = ChatFinishReason.Stop;

        Assert.Null(delivered.ToChatResponse().FinishReason);
        Assert.Equal("cut", delivered.ToChatResponse().Text);
    }

    [Fact]
    public void Update_FilledWithOtherThings_EachIsWhatItWas()
    {
        var update = new ChatResponseUpdate();
        AIContent[][] fills =
        [
            [],
            [new TextReasoningContent("hm")],
            [new TextContent("a"), new TextContent("b")],
            [new FunctionCallContent("1", "look")],
            [new TextContent("c")],
            [],
        ];
        using var delivered = Deliver(fills.Select(fill =>
        {
            // In place, as a pool of contents would.
            update.Contents.Clear();
            Array.ForEach(fill, update.Contents.Add);
            return update;
        }));

        var list = delivered.ToArray();
        Assert.Equal(["", "", "ab", "", "c", ""], list.Select(static u => u.Text));
        Assert.Equal("hm", Assert.IsType<TextReasoningContent>(Assert.Single(list[1].Contents)).Text);
        Assert.Same(fills[3][0], Assert.Single(list[3].Contents));
    }

    [Fact]
    public void Update_OfADerivedType_FilledAgain_KeepsItsType()
    {
        var update = new TaggedUpdate { Tag = "t" };
        using var delivered = Deliver(new[] { "a", "b" }.Select(text =>
        {
            update.Contents = [new TextContent(text)];
            return update;
        }));

        Assert.Equal(["a", "b"], delivered.ToArray().Select(static u => u.Text));
        Assert.All(delivered.ToArray(), static u => Assert.Equal("t", Assert.IsType<TaggedUpdate>(u).Tag));
    }

    [Fact]
    public void Updates_MoreThanTheArrayHolds_AreAllThere()
    {
        using var delivered = Deliver(Enumerable.Range(0, 1_000).Select(static i => Text($"{i},")));

        Assert.Equal(string.Concat(Enumerable.Range(0, 1_000).Select(static i => $"{i},")), delivered.ToChatResponse().Text);
    }

    [Fact]
    public void Updates_PlainText_AreKeptWithoutAnAllocation()
    {
        ChatResponseUpdate[] updates = [.. Enumerable.Range(0, 1_000).Select(static i => Text("word "))];
        Deliver(updates).Dispose();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Deliver(updates).Dispose();

        // The enumerator, and arrays that the pool may not have at hand; not one object an update.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * updates.Length);
    }

    [Fact]
    public void Held_ContentFilledAgain_ReadsAsItDid()
    {
        var text = new TextContent(string.Empty);
        var usage = new UsageContent(new() { InputTokenCount = 1 });
        var update = new TaggedUpdate { Tag = "t", Contents = [text, usage] };

        var held = HeldUpdate.Of(update);
        (text.Text, usage.Details.InputTokenCount, update.Tag) = ("later", 2, "u");
        update.Contents.Clear();

        Assert.Equal("t", Assert.IsType<TaggedUpdate>(held).Tag);
        Assert.Equal(string.Empty, held.Text);
        Assert.Equal(1, Assert.IsType<UsageContent>(held.Contents[1]).Details.InputTokenCount);
    }

    private static ChatResponseUpdate Text(string text) => new(ChatRole.Assistant, text) { MessageId = "m" };

    private static DeliveredUpdates Deliver(IEnumerable<ChatResponseUpdate> updates)
    {
        var delivered = default(DeliveredUpdates);
        foreach (var update in updates)
        {
            delivered.Add(update);
        }

        return delivered;
    }

    private sealed class TaggedUpdate : ChatResponseUpdate
    {
        public string? Tag { get; set; }
    }
}
