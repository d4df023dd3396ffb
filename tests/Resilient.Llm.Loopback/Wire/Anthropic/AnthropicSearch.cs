using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Anthropic's own web search, as blocks of an answer.</summary>
internal static class AnthropicSearch
{
    private const string Id = "srvtoolu_loopback_1";

    public static string InputJson(ScriptHostedTool tool) => JsonSerializer.Serialize(new { query = tool.Input });

    /// <summary>A stream opens the block with an empty input and sends the input after it.</summary>
    public static object Call(ScriptHostedTool tool, bool streamed) => new
    {
        type = "server_tool_use",
        id = Id,
        name = "web_search",
        input = streamed ? (object)new { } : new { query = tool.Input },
    };

    public static object Result() => new
    {
        type = "web_search_tool_result",
        tool_use_id = Id,
        content = new[]
        {
            new
            {
                type = "web_search_result",
                url = "https://example.com/",
                title = "Example",
                encrypted_content = "bG9vcGJhY2s=",
                page_age = (string?)null,
            },
        },
    };
}
