using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

public class ToolCallTests
{
    private static readonly Script s_call = Script.ToolCall("lookup", """{"city":"Paris","days":2}""");

    private static readonly ChatOptions s_options = new()
    {
        Tools = [AIFunctionFactory.Create(static (string city, int days) => $"{city} {days}", "lookup", "Looks up the weather.")],
    };

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ToolCall_OfPrimary_PassesUnbroken(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, s_call with { Text = "Looking it up." });
        var ladder = providers.Ladder();

        var heard = await Heard.FromAsync(ladder, streaming, s_options);

        AssertIsCall(heard, primary);
        Assert.Equal(("Looking it up.", "primary"), (heard.Text, heard.Report!.ServedBy));
        Assert.Contains("lookup", providers.Primary.Requests[0].Body.GetProperty("tools").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ToolCall_OfFallback_PassesUnbroken(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, s_call with { Fault = ScriptFault.Cut, AfterContents = InCall(primary) });
        providers.Fallback.Behavior = s_call;
        var ladder = providers.Ladder();

        var heard = await Heard.FromAsync(ladder, streaming, s_options);

        AssertIsCall(heard, primary.Other());
        Assert.Equal("fallback", heard.Report!.ServedBy);
    }

    /// <summary>A call of one provider and its result are understood by the other.</summary>
    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task ToolResult_PrimaryDiesBetweenTheTurns_FallbackGetsCallAndResult(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, s_call);
        var ladder = providers.Ladder();
        List<ChatMessage> conversation = [new(ChatRole.User, "The weather?")];
        var turn = await ladder.GetResponseAsync(conversation, s_options).Soon();
        conversation.AddRange(turn.Messages);
        var id = turn.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>().Single().CallId;
        conversation.Add(new(ChatRole.Tool, [new FunctionResultContent(id, "sunny")]));
        providers.Primary.Behavior = Script.ServerError();

        var answer = await ladder.GetResponseAsync(conversation, s_options).Soon();

        Assert.Equal(TwoProviders.FallbackText, answer.Text);
        var sent = providers.Fallback.Requests[0].RawBody;
        Assert.Contains("lookup", sent, StringComparison.Ordinal);
        Assert.Contains("sunny", sent, StringComparison.Ordinal);
    }

    /// <summary>In the middle of the arguments; before them on Ollama, which sends a call in one line.</summary>
    private static int InCall(WireProtocol protocol) => protocol == WireProtocol.Ollama ? 0 : 2;

    /// <summary>Ollama has no ids, for which its client makes some, and no finish reason of its own for a call.</summary>
    private static void AssertIsCall(Heard heard, WireProtocol protocol)
    {
        Assert.Null(heard.Exception);
        var call = Assert.Single(heard.ToolCalls);
        Assert.Equal(("lookup", null), (call.Name, call.Exception));
        Assert.Equal(("Paris", "2"), (call.Arguments!["city"]?.ToString(), call.Arguments["days"]?.ToString()));
        if (protocol != WireProtocol.Ollama)
        {
            Assert.Equal(("call_loopback_1", ChatFinishReason.ToolCalls), (call.CallId, heard.Response.FinishReason));
        }
    }
}
