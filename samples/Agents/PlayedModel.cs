using System.Text.RegularExpressions;
using Resilient.Llm.Loopback;

namespace Agents;

/// <summary>What a model would do here: it looks up each order that was asked for, and tells what it has found so far.</summary>
/// <remarks>It knows what its provider was sent and nothing else. If the history of a turn were lost, its answers would show it.</remarks>
internal static partial class PlayedModel
{
    public static Script Respond(ReceivedRequest request)
    {
        var orders = request.Messages.Where(message => message.Role == "user").SelectMany(message => Order().Matches(message.Text))
            .Select(match => match.Value)
            .ToArray();
        var found = request.ToolResults.Select(result => result.Text.Trim('"')).ToArray();
        return found.Length < orders.Length
            ? Script.ToolCalls(new ScriptTool("order_status", $$"""{"number":"{{orders[found.Length]}}"}""", $"call_{found.Length + 1}"))
            : Script.Answer(string.Join(' ', found));
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Order();
}
