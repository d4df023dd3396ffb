using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>What Chat Completions demands of a history: each call is answered at once, and each result answers a call.</summary>
internal static class ChatToolTurns
{
    public static WireError? Refuse(JsonElement body)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var message in body.List("messages"))
        {
            if (message.Text("role") != "tool")
            {
                if (open.Count > 0)
                {
                    break;
                }

                open.UnionWith(message.List("tool_calls").Select(static call => call.Text("id")));
            }
            else if (!open.Remove(message.Text("tool_call_id")))
            {
                return Refusal("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.");
            }
        }

        return open.Count == 0 ? null : Refusal(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following "
            + $"tool_call_ids did not have response messages: {string.Join(", ", open)}");
    }

    private static WireError Refusal(string message) =>
        new(400, OpenAIErrors.Body(message, "invalid_request_error", "messages", null));
}
