using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>
/// What Anthropic demands of reasoning in a history: that it made it, that it is unchanged, and that an open tool turn keeps it.
/// </summary>
internal static class AnthropicThinking
{
    public static WireError? Refuse(JsonElement body, ProviderMemory memory)
    {
        if (!body.TryGetProperty("messages", out var messages) || messages.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var all = messages.EnumerateArray().ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            var blocks = Blocks(all[i]);
            for (var j = 0; j < blocks.Length; j++)
            {
                if (Text(blocks[j], "type") == "thinking" && !memory.HasSigned(Text(blocks[j], "thinking"), Text(blocks[j], "signature")))
                {
                    return Refusal($"messages.{i}.content.{j}: Invalid `signature` in `thinking` block");
                }
            }
        }

        return IsThinking(body) ? RefuseOpenTurn(all) : null;
    }

    /// <summary>With thinking switched on, the call that the last message answers must stand behind the thinking that led to it.</summary>
    private static WireError? RefuseOpenTurn(JsonElement[] messages)
    {
        if (messages is not [.., var call, var result] || !Blocks(result).Any(static block => Text(block, "type") == "tool_result"))
        {
            return null;
        }

        var blocks = Blocks(call);
        var first = blocks.Length > 0 ? Text(blocks[0], "type") : "";
        var isWhole = first is "thinking" or "redacted_thinking" || !blocks.Any(static block => Text(block, "type") == "tool_use");
        return isWhole ? null : Refusal(
            $"messages.{messages.Length - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. When `thinking` is "
            + "enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and "
            + "`tool_result` blocks).");
    }

    private static bool IsThinking(JsonElement body) =>
        body.TryGetProperty("thinking", out var thinking) && thinking.ValueKind == JsonValueKind.Object
        && Text(thinking, "type") is "enabled" or "adaptive";

    private static JsonElement[] Blocks(JsonElement message) =>
        message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array ? [.. content.EnumerateArray()] : [];

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static WireError Refusal(string message) => new(400, AnthropicErrors.Body("invalid_request_error", message));
}
