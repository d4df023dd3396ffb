using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What the official adapters refuse before they send anything harms no circuit.</summary>
public class UnsentCallTests
{
    private static readonly string[] s_faults = ["empty history", "NaN", "tool result", "tool arguments", "null message", "schema"];

    public static TheoryData<string, WireProtocol, bool> Faults
    {
        get
        {
            var data = new TheoryData<string, WireProtocol, bool>();
            foreach (var way in Ways.All)
            {
                foreach (var fault in s_faults)
                {
                    data.Add(fault, (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_FiveTimes_OpensNoCircuit(string fault, WireProtocol protocol, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(protocol, Script.Answer("Well."));
        var ladder = providers.Ladder();
        for (var i = 0; i < 5; i++)
        {
            // Anthropic's adapter sends some of them.
            if (await AskAsync(ladder, fault, streaming) is { } failure)
            {
                Assert.IsNotAssignableFrom<ResilientChatException>(failure);
            }
        }

        Assert.Equal((CircuitState.Closed, 0), (providers.PrimaryCircuit.State, providers.PrimaryCircuit.Counts.Failures));
        Assert.Equal((CircuitState.Closed, 0), (providers.FallbackCircuit.State, providers.FallbackCircuit.Counts.Failures));
        Assert.Equal("Well.", (await Heard.FromAsync(ladder, streaming)).Text);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RawRepresentationFactory_Throws_ReachesTheCallerAndHarmsNoCircuit(WireProtocol protocol, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(protocol, Script.Answer("Well."));
        var ladder = providers.Ladder(static chat => chat.AddLastResort());
        var mistake = new FormatException("ours");
        for (var i = 0; i < 6; i++)
        {
            var heard = await Heard.FromAsync(ladder, streaming, options: new() { RawRepresentationFactory = _ => throw mistake });
            Assert.Same(mistake, heard.Exception);
        }

        Assert.Equal((CircuitState.Closed, 0), (providers.PrimaryCircuit.State, providers.PrimaryCircuit.Counts.Failures));
        Assert.Equal(0, providers.Primary.Calls + providers.Fallback.Calls);
    }

    private static async Task<Exception?> AskAsync(IChatClient ladder, string fault, bool streaming)
    {
        var loop = new Loop();
        loop.Next = loop;
        ChatMessage question = new(ChatRole.User, "Hello?");
        ChatMessage[] messages = fault switch
        {
            "empty history" => [],
            "null message" => [null!],
            "tool result" => [question, Call("x"), new(ChatRole.Tool, [new FunctionResultContent("call", loop)])],
            "tool arguments" => [question, Call(loop), new(ChatRole.Tool, [new FunctionResultContent("call", "result")])],
            _ => [question],
        };
        ChatOptions? options = fault switch
        {
            "NaN" => new() { Temperature = float.NaN },
            "schema" => new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(default, "schema") },
            _ => null,
        };
        return await Record.ExceptionAsync(async () =>
        {
            if (!streaming)
            {
                await ladder.GetResponseAsync(messages, options);
                return;
            }

            await foreach (var _ in ladder.GetStreamingResponseAsync(messages, options))
            {
            }
        });

        static ChatMessage Call(object argument) =>
            new(ChatRole.Assistant, [new FunctionCallContent("call", "lookup", new Dictionary<string, object?> { ["x"] = argument })]);
    }

    /// <summary>An object that cannot be serialised.</summary>
    private sealed class Loop
    {
        public Loop? Next { get; set; }
    }
}
