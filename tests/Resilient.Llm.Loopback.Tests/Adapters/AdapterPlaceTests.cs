using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Breaks at places that are not among the contents.</summary>
public class AdapterPlaceTests
{
    private const string Words = "One two three";

    private static readonly Script s_call = Script.ToolCall("lookup", """{"city":"Paris"}""");

    [Theory]
    [MemberData(nameof(AdapterWays.Protocols), MemberType = typeof(AdapterWays))]
    public async Task Cut_BehindTheFinishReason_ThrowsBehindTheWholeText(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(
            Script.Answer(Words) with { Fault = ScriptFault.Cut, Place = ScriptPlace.AfterFinish });

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: true);

        Assert.IsType<HttpIOException>(call.Exception);
        Assert.Equal((Words, ChatFinishReason.Stop), (call.Text, call.FinishReason));
    }

    /// <summary>Adapters of Chat Completions hand a call over when the stream has ended; the others as soon as it is whole.</summary>
    [Theory]
    [MemberData(nameof(AdapterWays.Protocols), MemberType = typeof(AdapterWays))]
    public async Task Cut_BehindAWholeToolCall_IsShownUnlessItIsChatCompletions(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(
            s_call with { Fault = ScriptFault.Cut, Place = ScriptPlace.AfterToolCall });

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: true);

        Assert.IsType<HttpIOException>(call.Exception);
        Assert.Equal(
            protocol is WireProtocol.OpenAI or WireProtocol.Azure ? 0 : 1, call.Contents.OfType<FunctionCallContent>().Count());
    }

    /// <summary>The search is shown when it starts, so that it is known when the connection breaks in the middle of it.</summary>
    [Theory]
    [InlineData(WireProtocol.Anthropic, ScriptHostedTool.WebSearch, typeof(WebSearchToolCallContent))]
    [InlineData(WireProtocol.Responses, ScriptHostedTool.WebSearch, typeof(WebSearchToolCallContent))]
    [InlineData(WireProtocol.Responses, ScriptHostedTool.CodeInterpreter, null)]
    public async Task Cut_InAHostedTool_ShowsThatItStarted(WireProtocol protocol, string kind, Type? shown)
    {
        var script = Script.Answer(Words) with { HostedTool = new(kind, "6 * 7"), Fault = ScriptFault.Cut, Place = ScriptPlace.InHostedTool };
        await using var provider = await LoopbackProvider.StartAsync(script);

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: true);

        Assert.IsType<HttpIOException>(call.Exception);
        Assert.Equal(shown, call.Contents.SingleOrDefault()?.GetType());
    }

    [Theory]
    [InlineData(false, 1, typeof(WebSearchToolCallContent))]
    [InlineData(true, 2, typeof(WebSearchToolCallContent))]
    [InlineData(false, 1, typeof(WebSearchToolResultContent))]
    [InlineData(true, 1, typeof(WebSearchToolResultContent))]
    public async Task WebSearch_OfResponses_ShowsItsCallTwiceInAStream(bool streaming, int count, Type content)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.WebSearch("weather", Words));

        var call = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming);

        Assert.Equal(count, call.Contents.Count(content.IsInstanceOfType));
        Assert.Equal(Words, call.Text);
    }

    [Fact]
    public async Task EmptyLine_OfOllama_BreaksTheStream()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Status(200, body: "\n{\"done\":false}\n"));

        var call = await AdapterCall.OfAsync(provider.Ollama(), streaming: true);

        Assert.IsAssignableFrom<JsonException>(call.Exception);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(ReasoningEffort.None, "disabled")]
    [InlineData(ReasoningEffort.High, "adaptive")]
    public async Task Effort_OfAnthropic_IsAKindOfThinking(ReasoningEffort? effort, string? thinking)
    {
        await using var provider = await LoopbackProvider.StartAsync(Words);
        var options = new ChatOptions { Reasoning = effort is null ? null : new() { Effort = effort } };

        await AdapterCall.OfAsync(provider.Anthropic(), streaming: false, options);

        var body = Assert.Single(provider.Requests).Body;
        Assert.Equal(thinking, body.TryGetProperty("thinking", out var sent) ? sent.GetProperty("type").GetString() : null);
    }
}
