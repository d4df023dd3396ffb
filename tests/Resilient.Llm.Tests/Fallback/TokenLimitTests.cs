using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A token limit before any content says nothing about an endpoint, however often it is met.</summary>
public sealed class TokenLimitTests
{
    private static readonly Scripted s_thoughts = Scripted.Give(new TextReasoningContent("hm")).Finishing(ChatFinishReason.Length);

    [BothWays]
    public async Task Limit_OfEveryRequest_OpensNoCircuit(bool streaming)
    {
        using var ladder = LadderOf(new ScriptedChatClient().Always(s_thoughts));

        await AssertStepsDownAsync(ladder, streaming);
    }

    /// <summary>The first model is a ladder itself, which has no model below the one that met its limit.</summary>
    [BothWays]
    public async Task Limit_InALadderThatIsAModel_OpensNoCircuit(bool streaming)
    {
        var inner = new ResilientChatBuilder().AddModel("inner", new ScriptedChatClient().Always(s_thoughts)).WithRetries(0).Build();
        using var ladder = LadderOf(inner);

        await AssertStepsDownAsync(ladder, streaming);
    }

    [BothWays]
    public async Task Limit_WithoutAnotherModel_IsAnsweredByTheLastResort(bool streaming)
    {
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", new ScriptedChatClient().Always(s_thoughts))
            .AddLastResort()
            .WithRetries(0)
            .Build();

        Assert.Equal(AnswerSource.LastResort, (await ladder.AskAsync(streaming)).GetResilienceReport()!.Source);
    }

    private static async Task AssertStepsDownAsync(IChatClient ladder, bool streaming)
    {
        for (var i = 0; i < 20; i++)
        {
            var response = await ladder.AskAsync(streaming);

            Assert.Equal("from cheaper", response.Text);
            Assert.Equal(FailureKind.TokenLimitReached, response.GetResilienceReport()!.Attempts[0].Failure);
        }

        var circuit = ladder.GetRequiredService<ChatCircuits>().Get("primary");
        Assert.Equal((0, CircuitState.Closed), (circuit.Counts.Failures, circuit.State));
    }

    private static IChatClient LadderOf(IChatClient primary) => new ResilientChatBuilder()
        .AddModel("primary", primary)
        .AddModel("cheaper", ScriptedChatClient.Answering("from cheaper"))
        .WithRetries(0)
        .Build();
}
