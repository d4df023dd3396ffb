using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>A history whose tool turns are not whole is refused by every service that knows ids.</summary>
public class ToolTurnTests
{
    private static readonly ChatMessage s_question = new(ChatRole.User, "Weather?");
    private static readonly ChatMessage s_result = new(ChatRole.Tool, [new FunctionResultContent("call_1", "sunny")]);
    private static readonly ChatMessage s_call = new(
        ChatRole.Assistant, [new FunctionCallContent("call_1", "lookup", new Dictionary<string, object?> { ["city"] = "Paris" })]);

    [Theory]
    [MemberData(nameof(AdapterWays.Protocols), MemberType = typeof(AdapterWays))]
    public async Task ResultWithoutItsCall_IsRefused(WireProtocol protocol) => await AssertRefusedAsync(protocol, s_question, s_result);

    [Theory]
    [MemberData(nameof(AdapterWays.Protocols), MemberType = typeof(AdapterWays))]
    public async Task CallWithoutItsResult_IsRefused(WireProtocol protocol)
    {
        await AssertRefusedAsync(protocol, s_question, s_call);
        await AssertRefusedAsync(protocol, s_question, s_call, new(ChatRole.User, "Well?"));
    }

    private static async Task AssertRefusedAsync(WireProtocol protocol, params ChatMessage[] history)
    {
        await using var provider = await LoopbackProvider.StartAsync("Sunny.");

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: true, history);

        var isRefused = protocol != WireProtocol.Ollama;
        Assert.Equal((isRefused, isRefused ? 1 : 0), (call.Exception is not null, provider.Refusals.Count));
    }
}
