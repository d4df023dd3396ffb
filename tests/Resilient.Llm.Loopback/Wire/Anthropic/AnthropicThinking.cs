using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>
/// What Anthropic demands of reasoning in a history: that it made it, that it is unchanged, and that an open tool turn keeps it.
/// </summary>
internal static class AnthropicThinking
{
    public static WireError? Refuse(JsonElement body, ProviderMemory memory)
    {
        var messages = body.List("messages");
        for (var i = 0; i < messages.Count; i++)
        {
            var blocks = messages[i].List("content");
            for (var j = 0; j < blocks.Count; j++)
            {
                if (blocks[j].Text("type") == "thinking" && !memory.HasSigned(blocks[j].Text("thinking"), blocks[j].Text("signature")))
                {
                    return Refusal($"messages.{i}.content.{j}: Invalid `signature` in `thinking` block");
                }
            }
        }

        return RequestReader.For(WireProtocol.Anthropic).WantsReasoning(body) ? RefuseOpenTurn(messages) : null;
    }

    /// <summary>With thinking switched on, the call that the last message answers must stand behind the thinking that led to it.</summary>
    private static WireError? RefuseOpenTurn(IReadOnlyList<JsonElement> messages)
    {
        if (messages is not [.., var call, var result] || !result.List("content").Any(static block => block.Text("type") == "tool_result"))
        {
            return null;
        }

        var blocks = call.List("content");
        var first = blocks.Count > 0 ? blocks[0].Text("type") : "";
        var isWhole = first is "thinking" or "redacted_thinking" || !blocks.Any(static block => block.Text("type") == "tool_use");
        return isWhole ? null : Refusal(
            $"messages.{messages.Count - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. "
            + "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
            + "`tool_use` and `tool_result` blocks).");
    }

    private static WireError Refusal(string message) => new(400, AnthropicErrors.Body("invalid_request_error", message));
}
