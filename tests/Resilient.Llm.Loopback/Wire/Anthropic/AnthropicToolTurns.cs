using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>What Anthropic demands of a history: each call is answered in the next message, and each result answers a call in the last.</summary>
internal static class AnthropicToolTurns
{
    public static WireError? Refuse(JsonElement body)
    {
        var messages = body.List("messages");
        string[] open = [];
        for (var i = 0; i < messages.Count; i++)
        {
            var results = Ids(messages[i], "tool_result", "tool_use_id");
            if (results.Except(open).FirstOrDefault() is { } unexpected)
            {
                return Refusal(
                    $"messages.{i}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {unexpected}. Each `tool_result` block "
                    + "must have a corresponding `tool_use` block in the previous message.");
            }

            if (open.Except(results).FirstOrDefault() is { } unanswered)
            {
                return Unanswered(i - 1, unanswered);
            }

            open = Ids(messages[i], "tool_use", "id");
        }

        return open.Length == 0 ? null : Unanswered(messages.Count - 1, open[0]);
    }

    private static WireError Unanswered(int message, string id) => Refusal(
        $"messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately after: {id}. Each `tool_use` block must have "
        + "a corresponding `tool_result` block in the next message.");

    private static string[] Ids(JsonElement message, string type, string id) =>
        [.. message.List("content").Where(block => block.Text("type") == type).Select(block => block.Text(id))];

    private static WireError Refusal(string message) => new(400, AnthropicErrors.Body("invalid_request_error", message));
}
