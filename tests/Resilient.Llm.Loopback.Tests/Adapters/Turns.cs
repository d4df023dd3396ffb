using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>A tool turn in two requests, as a caller makes it who runs the functions himself.</summary>
internal static class Turns
{
    public static readonly ChatOptions Options = new()
    {
        Tools = [AIFunctionFactory.Create(static (string city) => city, "lookup")],
        Reasoning = new() { Effort = ReasoningEffort.Medium },
    };

    /// <summary>Reasoning, then a call.</summary>
    public static readonly Script Call = Script.ToolCall("lookup", """{"city":"Paris"}""") with { ReasoningText = "Let me think." };

    /// <summary>The question, the turn that called the function, and the result.</summary>
    public static async Task<List<ChatMessage>> CallAsync(IChatClient client, bool streaming, ChatOptions? options = null)
    {
        List<ChatMessage> history = [new(ChatRole.User, "Weather?")];
        var call = await AdapterCall.OfAsync(client, streaming, history, options ?? Options);
        Assert.Null(call.Exception);
        history.AddRange(call.Messages);
        var id = Assert.Single(call.Contents.OfType<FunctionCallContent>()).CallId;
        history.Add(new(ChatRole.Tool, [new FunctionResultContent(id, "sunny")]));
        return history;
    }

    /// <summary>The history without its reasoning, as a client has it that drops what it does not know.</summary>
    public static List<ChatMessage> WithoutReasoning(this IEnumerable<ChatMessage> history) =>
        [.. history.Select(static message => new ChatMessage(
            message.Role, [.. message.Contents.Where(static content => content is not TextReasoningContent)]))];
}
