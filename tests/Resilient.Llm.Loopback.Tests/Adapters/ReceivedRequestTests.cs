using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Whatever an adapter sends can be read in the same terms.</summary>
public class ReceivedRequestTests
{
    private static readonly FunctionCallContent s_call = new("call_1", "lookup", new Dictionary<string, object?> { ["city"] = "Paris" });

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Conversation_WithTools_CanBeRead(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Done.");
        var options = new ChatOptions
        {
            Instructions = "Be brief.",
            MaxOutputTokens = 77,
            Tools = [AIFunctionFactory.Create(static (string city) => city, "lookup", "Looks up.")],
        };

        var call = await AdapterCall.OfAsync(
            provider.CreateClient(protocol),
            streaming,
            [
                new(ChatRole.User, "Weather?"),
                new(ChatRole.Assistant, [s_call]),
                new(ChatRole.Tool, [new FunctionResultContent("call_1", "sunny")]),
                new(ChatRole.Assistant, "Sunny."),
                new(ChatRole.User, "Thanks!"),
            ],
            options);

        Assert.Null(call.Exception);
        var request = Assert.Single(provider.Requests);
        Assert.Equal((protocol, streaming, 77), (request.Protocol, request.IsStreaming, request.MaxTokens));
        Assert.Equal("Be brief.", request.Instructions);
        Assert.Equal(["lookup"], request.Tools);
        Assert.Equal("Thanks!", request.LastText);
        Assert.Equal(
            [("user", "Weather?"), ("assistant", "Sunny."), ("user", "Thanks!")],
            request.Messages.Where(static message => message is { Role: "user" or "assistant", Text.Length: > 0 }));
        var sent = Assert.Single(request.ToolCalls);
        Assert.Equal(("lookup", "Paris"), (sent.Name, Argument(sent.ArgumentsJson)));
        var result = Assert.Single(request.ToolResults);

        // OllamaSharp sends the whole content as JSON. Ollama knows no ids: it matches calls and results by their order.
        Assert.Equal(protocol == WireProtocol.Ollama ? """{"CallId":"call_1","Result":"sunny"}""" : "sunny", result.Text);
        Assert.Equal(protocol == WireProtocol.Ollama ? ("", "") : ("call_1", "call_1"), (sent.CallId, result.CallId));
    }

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Envelope_CanBeRead(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Done.");

        await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming);

        var request = Assert.Single(provider.Requests);
        Assert.Equal("loopback-key", request.ApiKey);
        Assert.Equal(
            protocol switch
            {
                WireProtocol.Anthropic => "/v1/messages",
                WireProtocol.OpenAI => "/v1/chat/completions",
                WireProtocol.Responses => "/v1/responses",
                WireProtocol.Ollama => "/api/chat",
                _ => "/openai/deployments/gpt-azure/chat/completions",
            },
            request.Path);
        Assert.Equal(protocol == WireProtocol.Azure ? "?api-version=2024-10-21" : "", request.Query);
        Assert.Equal(protocol == WireProtocol.Azure, request.Headers.ContainsKey("api-key"));
        Assert.Contains("\"Hi\"", request.RawBody, StringComparison.Ordinal);
        Assert.False(request.WantsReasoning);
    }

    [Theory]
    [MemberData(nameof(AdapterWays.Protocols), MemberType = typeof(AdapterWays))]
    public async Task Reasoning_AskedFor_IsSeen(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync("Done.");

        await AdapterCall.OfAsync(
            provider.CreateClient(protocol), streaming: false, new ChatOptions { Reasoning = new() { Effort = ReasoningEffort.Medium } });

        Assert.True(Assert.Single(provider.Requests).WantsReasoning);
    }

    private static string? Argument(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.GetProperty("city").GetString();
    }
}
