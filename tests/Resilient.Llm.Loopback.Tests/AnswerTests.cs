using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

public class AnswerTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Answer_Complete_ArrivesWithFinishReasonAndUsage(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Four words right here.");

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        Assert.Null(seen.Exception);
        Assert.Equal("Four words right here.", seen.Text);
        Assert.Equal(ChatFinishReason.Stop, seen.FinishReason);
        Assert.Equal(12, seen.Usage!.InputTokenCount);
        Assert.Equal(4, seen.Usage.OutputTokenCount);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Answer_Streamed_ArrivesWordByWord(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync("Four words right here.");

        var seen = await Observation.OfAsync(provider, protocol, streaming: true);

        Assert.Equal(
            ["Four", " words", " right", " here."],
            seen.Contents.OfType<TextContent>().Select(t => t.Text).Where(t => t.Length > 0));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Reasoning_BeforeTheAnswer_IsShown(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Reasoning("Let me think.", "Done."));

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        Assert.Equal(("Let me think.", "Done."), (seen.Reasoning, seen.Text));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ToolCall_InFragments_ArrivesWhole(WireProtocol protocol, bool streaming)
    {
        var script = Script.ToolCall("lookup", """{"city":"Paris","days":2}""", "One moment.");
        await using var provider = await LoopbackProvider.StartAsync(script);

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        var call = Assert.Single(seen.Contents.OfType<FunctionCallContent>());
        Assert.Equal("lookup", call.Name);
        Assert.Equal("Paris", call.Arguments!["city"]!.ToString());
        Assert.Null(call.Exception);
        Assert.Equal("One moment.", seen.Text);
        Assert.Equal(ChatFinishReason.ToolCalls, seen.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Truncated_AtTheTokenLimit_FinishesWithLength(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Truncated());

        Assert.Equal(ChatFinishReason.Length, (await Observation.OfAsync(provider, protocol, streaming)).FinishReason);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Empty200_HasNoTextAndANormalEnd(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Empty200());

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        Assert.Null(seen.Exception);
        Assert.Equal("", seen.Text);
        Assert.Equal(ChatFinishReason.Stop, seen.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Refusal_IsAFilterForAnthropicAndAnErrorContentForOpenAI(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Refusal("No."));

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        if (protocol == WireProtocol.Anthropic)
        {
            Assert.Equal(("No.", ChatFinishReason.ContentFilter), (seen.Text, seen.FinishReason));
        }
        else
        {
            // Nothing but the error content tells it from an empty answer, and in a stream only the raw updates do.
            Assert.Equal(("", ChatFinishReason.Stop), (seen.Text, seen.FinishReason));
            Assert.Equal(streaming ? [] : ["No."], seen.Contents.OfType<ErrorContent>().Select(static content => content.Message));
        }
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ContentFilterFinish_AfterText_FinishesWithContentFilter(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ContentFilterFinish("Some text."));

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        Assert.Equal(("Some text.", ChatFinishReason.ContentFilter), (seen.Text, seen.FinishReason));
    }
}
