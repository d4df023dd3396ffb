using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Agents of Microsoft's Agent Framework on a ladder, with tools and sessions.</summary>
public class AgentFrameworkTests
{
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task Alone_SessionOfFourTurnsWithARestart_IsTheControl(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        foreach (var thinks in (bool[])[false, true])
        {
            await using var models = await TwoModels.StartAsync(primary, fallback);
            models.Primary.Thinks = thinks;
            var desk = new Desk(models, streaming, isAlone: true);

            await desk.AskAsync("One?");
            await desk.AskAsync("Two?");
            await desk.RestartAsync();
            await desk.AskAsync("Three?");
            await desk.AskAsync("Four?");

            Assert.Equal(Enumerable.Range(1, 4).Select(static turn => $"primary answers question {turn}."), desk.Answers);
            Assert.Empty(models.Primary.Provider.Refusals);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task RunWithoutASession_PrimaryIsDown_FallbackRunsTheTools(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Dies();
        var desk = new Desk(models, streaming, hasSession: false);

        await desk.AskAsync("One?");

        Assert.Equal(["fallback answers question 1."], desk.Answers);
        desk.AssertAllIsWell(turns: 1);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task SessionOfFourTurns_OutageInTheSecond_PrimaryGoesOnWithTheWholeHistory(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment.Turn == 2 ? Script.Status(503) : null;
        var desk = new Desk(models, streaming);

        await desk.AskAsync("One?");
        await desk.AskAsync("Two?");
        await desk.AskAsync("Three?");
        await desk.AskAsync("Four?");

        Assert.Equal(
            ["primary answers question 1.", "fallback answers question 2.", "primary answers question 3.", "primary answers question 4."],
            desk.Answers);
        desk.AssertAllIsWell(turns: 4);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task SessionOfFourTurns_PrimaryDiesBetweenCallAndResult_FallbackGetsBoth(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment is (2, true) ? Script.ConnectionReset() : null;
        var desk = new Desk(models, streaming);

        await desk.AskAsync("One?");
        await desk.AskAsync("Two?");
        await desk.AskAsync("Three?");
        await desk.AskAsync("Four?");

        Assert.Equal(
            ["primary answers question 1.", "fallback answers question 2.", "primary answers question 3.", "primary answers question 4."],
            desk.Answers);
        desk.AssertAllIsWell(turns: 4);
    }

    /// <summary>Restarts between all turns: before, in and after the outage.</summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task SessionIsSerializedAndTheProcessRestarts_WhoeverAnswers_TheHistoryIsWhole(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment.Turn is 2 or 3 ? Script.Status(503) : null;
        var desk = new Desk(models, streaming);

        foreach (var question in (string[])["One?", "Two?", "Three?", "Four?"])
        {
            await desk.AskAsync(question);
            await desk.RestartAsync();
        }

        Assert.Equal(
            ["primary answers question 1.", "fallback answers question 2.", "fallback answers question 3.", "primary answers question 4."],
            desk.Answers);
        desk.AssertAllIsWell(turns: 4);
        Assert.Equal(["primary", "fallback", "fallback", "primary"], desk.ServedBy);
        Assert.DoesNotContain("ServedBy", desk.Stored, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task ModelsThatThink_OutageAndRestart_NothingIsRefused(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Thinks = models.Fallback.Thinks = true;
        models.Primary.Outage = static moment => moment is (2, true) or (3, _) ? Script.Status(503) : null;
        var desk = new Desk(models, streaming);

        foreach (var question in (string[])["One?", "Two?", "Three?", "Four?"])
        {
            await desk.AskAsync(question);
            await desk.RestartAsync();
        }

        Assert.Equal(
            ["primary answers question 1.", "fallback answers question 2.", "fallback answers question 3.", "primary answers question 4."],
            desk.Answers);
        desk.AssertAllIsWell(turns: 4);
    }

    /// <summary>Either provider may fail at any request, in any way, and the process may end after any turn.</summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task OutagesAndRestartsAtRandom_NothingThrows_EachRequestHoldsTheWholeHistory(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        const int Turns = 6;
        for (var seed = 0; seed < 4; seed++)
        {
            var (random, outages) = (new Random(seed), new Outages(seed));
            await using var models = await TwoModels.StartAsync(primary, fallback, stateless: seed > 1, configure: static ladder => ladder
                .WithCircuitBreaker(failures: 1000, within: TimeSpan.FromMinutes(1))
                .AddLastResort());
            models.Primary.Outage = outages.Often;
            models.Fallback.Outage = outages.Seldom;
            models.Primary.Thinks = models.Fallback.Thinks = seed % 2 == 1;
            var desk = new Desk(models, streaming);

            for (var turn = 1; turn <= Turns; turn++)
            {
                await desk.AskAsync($"Question {turn}?");
                if (!desk.Answers[^1].EndsWith($"answers question {turn}.", StringComparison.Ordinal))
                {
                    models.Conversation.Answers(desk.Answers[^1]);
                }

                if (random.Next(3) == 0)
                {
                    await desk.RestartAsync();
                }
            }

            models.AssertWholeHistory();
            Assert.True(outages.Count > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task EveryModelIsDownInTheSecondTurn_LastResortAnswers_SessionGoesOn(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(
            primary, fallback, static ladder => ladder.AddLastResort(static last => last.AddRule("Two?", "Ask me later.")));
        models.Primary.Outage = models.Fallback.Outage = static moment => moment.Turn == 2 ? Script.Status(503) : null;
        var desk = new Desk(models, streaming);

        await desk.AskAsync("One?");
        await desk.AskAsync("Two?", then: "Ask me later.");
        await desk.AskAsync("Three?");
        await desk.RestartAsync();
        await desk.AskAsync("Four?");

        Assert.Equal(
            ["primary answers question 1.", "Ask me later.", "primary answers question 3.", "primary answers question 4."], desk.Answers);
        models.AssertWholeHistory();
    }

    /// <summary>A broken stream and what follows it are one message in the session; nothing of the continuation's request is.</summary>
    [Theory]
    [MemberData(nameof(Pairs.OneWay), MemberType = typeof(Pairs))]
    public async Task StreamBreaksInTheMiddleOfAnAnswer_FallbackGoesOn_SessionHoldsOneAnswer(WireProtocol primary, WireProtocol fallback)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.ToolsPerTurn = models.Fallback.ToolsPerTurn = 0;
        models.Primary.Outage = static moment => moment.Turn == 2 ? Script.CutAfter(5, "The weather in the north is fine.") : null;
        models.Fallback.Outage = static _ => Script.Answer(" and the south is warm.");
        models.Fallback.Compares = false;
        var desk = new Desk(models, streaming: true);

        await desk.AskAsync("One?");
        await desk.AskAsync("Two?", then: "The weather in the north and the south is warm.");
        await desk.RestartAsync();
        await desk.AskAsync("Three?");
        await desk.AskAsync("Four?");

        Assert.Equal(
            [
                "primary answers question 1.", "The weather in the north and the south is warm.",
                "primary answers question 3.", "primary answers question 4.",
            ],
            desk.Answers);
        models.AssertWholeHistory();
    }

    /// <summary>A run ends with a request for approval; the outage comes before the user has decided.</summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task ToolsNeedApproval_PrimaryDiesBeforeItIsGiven_FallbackGetsCallAndResult(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        foreach (var isAlone in (bool[])[true, false])
        {
            await using var models = await TwoModels.StartAsync(primary, fallback);
            models.Primary.Outage = moment => !isAlone && moment is (1, true) ? Script.Status(503) : null;
            var desk = new Desk(models, streaming, isAlone) { NeedsApproval = true };

            await desk.AskAsync("One?");
            Assert.Equal(Tools.Names.Length, desk.Pending.Count);
            await desk.RestartAsync();
            await desk.ApproveAsync();
            await desk.AskAsync("Two?");
            await desk.ApproveAsync();

            var answerer = isAlone ? "primary" : "fallback";
            Assert.Equal(["", $"{answerer} answers question 1.", "", "primary answers question 2."], desk.Answers);
            if (!isAlone)
            {
                desk.AssertAllIsWell(turns: 2);
            }
        }
    }

    /// <summary>Function invocation inside a model serves that model alone: the agent's own still runs what the other one calls.</summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task ModelWithItsOwnFunctionInvocation_IsDown_AgentRunsTheToolsOfTheFallback(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(
            primary, fallback, primaryClient: static client => client.AsBuilder().UseFunctionInvocation().Build());
        models.Primary.Compares = false;
        models.Primary.Outage = static moment => moment.Turn == 2 ? Script.Status(503) : null;
        var desk = new Desk(models, streaming);

        await desk.AskAsync("One?");
        await desk.AskAsync("Two?");
        await desk.AskAsync("Three?");

        Assert.Equal(["primary answers question 1.", "fallback answers question 2.", "primary answers question 3."], desk.Answers);
        desk.AssertAllIsWell(turns: 3);
    }
}
