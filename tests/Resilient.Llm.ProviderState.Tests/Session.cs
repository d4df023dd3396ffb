using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;
using Resilient.Llm.Testing;

namespace Resilient.Llm.ProviderState.Tests;

/// <summary>A caller who keeps the history and runs the functions itself, request by request.</summary>
internal sealed class Session(IChatClient ladder, bool streaming, ChatOptions? options = null)
{
    // No test waits for a clock; this only turns a hang into a failure.
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    /// <summary>Reasoning, then a call.</summary>
    public static readonly Script Call = Script.ToolCall("lookup", """{"city":"Paris"}""") with { ReasoningText = "Let me think." };

    /// <summary>Reasoning, then text.</summary>
    public static readonly Script Thought = Script.Reasoning("I have thought.", "Sunny.");

    public List<ChatMessage> History { get; set; } = [];

    public IChatClient Ladder => ladder;

    /// <summary>Options that ask for reasoning and offer a function.</summary>
    public static ChatOptions Thinking() => new()
    {
        Tools = [AIFunctionFactory.Create(static (string city) => city, "lookup")],
        Reasoning = new() { Effort = ReasoningEffort.Medium },
    };

    /// <summary>A new turn.</summary>
    public Task<ChatResponse> AskAsync(string question = "Weather?") => SendAsync(new(ChatRole.User, question));

    /// <summary>The results of the functions that the last answer called.</summary>
    public Task<ChatResponse> AnswerCallsAsync()
    {
        var last = History.FindLastIndex(static message => message.Role != ChatRole.Assistant);
        var calls = History.Skip(last + 1).SelectMany(static message => message.Contents).OfType<FunctionCallContent>().ToList();
        Assert.NotEmpty(calls);
        return SendAsync(new(ChatRole.Tool, [.. calls.Select(static call => new FunctionResultContent(call.CallId, "sunny"))]));
    }

    /// <summary>The history as it is after it was stored as JSON, as sessions are. Raw representations do not survive.</summary>
    public void Store() => History = JsonSerializer.Deserialize<List<ChatMessage>>(
        JsonSerializer.Serialize(History, AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;

    private async Task<ChatResponse> SendAsync(ChatMessage message)
    {
        History.Add(message);
        var answer = await ladder.AskAsync(streaming, History, options ?? Thinking()).WaitAsync(s_tooLong);
        History.AddRange(answer.Messages);
        return answer;
    }
}
