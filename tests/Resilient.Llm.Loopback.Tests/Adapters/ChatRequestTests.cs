using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>What the official adapter for Chat Completions sends.</summary>
public class ChatRequestTests
{
    [Fact]
    public async Task Options_AllThatItKnows_ReachTheWire()
    {
        var body = await SendAsync([new(ChatRole.User, "Hi")], new ChatOptions
        {
            ModelId = "gpt-other",
            Instructions = "Be brief.",
            Temperature = 0.5f,
            MaxOutputTokens = 77,
            StopSequences = ["END"],
            ResponseFormat = ChatResponseFormat.Json,
            Tools = [AIFunctionFactory.Create((string city) => city, "lookup", "Looks up.")],
            ToolMode = ChatToolMode.RequireAny,
        });

        Assert.Equal("gpt-other", body.GetProperty("model").GetString());
        Assert.Equal(0.5, body.GetProperty("temperature").GetDouble());
        Assert.Equal(77, body.GetProperty("max_completion_tokens").GetInt32());
        Assert.Equal("END", body.GetProperty("stop")[0].GetString());
        Assert.Equal("json_object", body.GetProperty("response_format").GetProperty("type").GetString());
        Assert.Equal("required", body.GetProperty("tool_choice").GetString());
        Assert.Equal("lookup", body.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString());
        Assert.Equal("system", body.GetProperty("messages")[0].GetProperty("role").GetString());
    }

    [Fact]
    public async Task ResponseFormat_WithSchema_ReachesTheWire()
    {
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"city":{"type":"string"}}}""");

        var body = await SendAsync([new(ChatRole.User, "Hi")], new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement, "city"),
        });

        var format = body.GetProperty("response_format");
        Assert.Equal("json_schema", format.GetProperty("type").GetString());
        Assert.Equal("city", format.GetProperty("json_schema").GetProperty("name").GetString());
    }

    [Fact]
    public async Task ToolConversation_ReachesTheWire()
    {
        var body = await SendAsync(
        [
            new(ChatRole.System, "Help."),
            new(ChatRole.User, "Weather?"),
            new(ChatRole.Assistant,
            [
                new TextContent("Wait."),
                new FunctionCallContent("c1", "lookup", new Dictionary<string, object?> { ["city"] = "Paris" }),
            ]),
            new(ChatRole.Tool, [new FunctionResultContent("c1", "sunny")]),
        ]);

        var messages = body.GetProperty("messages");
        Assert.Equal(["system", "user", "assistant", "tool"], messages.EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        var call = messages[2].GetProperty("tool_calls")[0];
        using var arguments = JsonDocument.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
        Assert.Equal("Paris", arguments.RootElement.GetProperty("city").GetString());
        Assert.Equal("c1", messages[3].GetProperty("tool_call_id").GetString());
    }

    private static async Task<JsonElement> SendAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        await using var provider = await LoopbackProvider.StartAsync();
        await provider.OpenAIChat().GetResponseAsync(messages, options);
        return Assert.Single(provider.Requests).Body;
    }
}
