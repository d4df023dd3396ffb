using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ProviderState.Tests;

/// <summary>Reasoning belongs to the endpoint that made it: judged by what arrives at the providers, which refuse what is foreign.</summary>
public class ForeignReasoningTests
{
    /// <summary>A fallback thought for one turn, and the primary is back.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task FallbackThoughtForATurn_PrimaryIsBack_EveryTurnIsAnswered(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);

        for (var turn = 0; turn < 6; turn++)
        {
            pair.First.Behavior = turn is 1 or 3 ? Script.ServerError() : Session.Thought;
            Assert.Equal("Sunny.", (await session.AskAsync($"{turn}?")).Text);
        }

        Assert.Equal((0, 6, 2), (pair.Refusals, pair.First.Requests.Count, pair.Second.Requests.Count));
        AssertOwnReasoningOnly(pair);
        Assert.Equal(6, pair.First.Requests[^1].Messages.Count(static message => message.Role == "user"));
        Assert.Equal(5, pair.First.Requests[^1].Messages.Count(static message => message.Role == "assistant"));
    }

    /// <summary>The same after each turn's history was stored and read again.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task HistoryIsStoredBetweenTheTurns_EveryTurnIsAnswered(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);

        for (var turn = 0; turn < 6; turn++)
        {
            pair.First.Behavior = turn is 1 or 3 ? Script.ServerError() : Session.Thought;
            Assert.Equal("Sunny.", (await session.AskAsync($"{turn}?")).Text);
            session.Store();
        }

        AssertOwnReasoningOnly(pair);
        Assert.True(kind.Contains("stored", StringComparison.Ordinal) || pair.Refusals == 0, string.Join('\n', pair.First.Refusals));
    }

    /// <summary>The call's author dies between call and result: the other endpoint takes the result, without reasoning.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task AuthorDiesBetweenCallAndResult_TheOtherTakesOver(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);
        pair.First.Behavior = Session.Call;
        await session.AskAsync();
        pair.First.Behavior = Script.ServerError();

        Assert.Equal("Sunny.", (await session.AnswerCallsAsync()).Text);
        pair.First.Behavior = Session.Thought;
        Assert.Equal("Sunny.", (await session.AskAsync("And tomorrow?")).Text);

        Assert.Equal(0, pair.Refusals);
        var taken = Assert.Single(pair.Second.Requests);
        Assert.Equal(("lookup", "sunny"), (Assert.Single(taken.ToolCalls).Name, Assert.Single(taken.ToolResults).Text));
        Assert.Empty(taken.Reasoning);
        Assert.Empty(taken.ItemIds);
        AssertOwnReasoningOnly(pair);
    }

    /// <summary>The fallback called a function, and the primary is back: the fallback is preferred while the turn is open, and no longer.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task FallbackCalled_PrimaryIsBack_TheAuthorGetsTheResultAndThePrimaryTheNextTurn(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);
        pair.First.Behavior = Script.ServerError();
        pair.Second.Behavior = Session.Call;
        await session.AskAsync();
        (pair.First.Behavior, pair.Second.Behavior) = (Session.Thought, Session.Thought);

        Assert.Equal("Sunny.", (await session.AnswerCallsAsync()).Text);
        Assert.Equal((1, 2), (pair.First.Requests.Count, pair.Second.Requests.Count));
        Assert.Equal("Sunny.", (await session.AskAsync("And tomorrow?")).Text);

        Assert.Equal((0, 2, 2), (pair.Refusals, pair.First.Requests.Count, pair.Second.Requests.Count));
        AssertOwnReasoningOnly(pair);
    }

    /// <summary>The fallback called a function and dies: the primary takes the result.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task FallbackCalledAndDies_ThePrimaryTakesTheResult(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);
        pair.First.Behavior = Script.ServerError();
        pair.Second.Behavior = Session.Call;
        await session.AskAsync();
        (pair.First.Behavior, pair.Second.Behavior) = (Session.Thought, Script.ServerError());

        Assert.Equal("Sunny.", (await session.AnswerCallsAsync()).Text);

        Assert.Equal(0, pair.Refusals);
        Assert.Empty(pair.First.Requests[^1].Reasoning);
        AssertOwnReasoningOnly(pair);
    }

    /// <summary>With nothing down its own turns come back to the author untouched.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task NothingIsDown_TheAuthorGetsItsTurnsBackUntouched(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints), streaming);
        pair.First.Behavior = Session.Call;
        await session.AskAsync();
        pair.First.Behavior = Session.Thought;
        await session.AnswerCallsAsync();
        await session.AskAsync("And tomorrow?");

        Assert.Equal((0, 3, 0), (pair.Refusals, pair.First.Requests.Count, pair.Second.Requests.Count));
        if (!kind.StartsWith("chat", StringComparison.Ordinal))
        {
            Assert.Equal(2, pair.First.Requests[^1].Reasoning.Count);
        }
    }

    /// <summary>Two regions that take turns, as by latency or weight, with nothing down.</summary>
    [Theory]
    [InlineData("responses+responses", false)]
    [InlineData("responses+responses", true)]
    [InlineData("anthropic+anthropic", false)]
    [InlineData("anthropic+anthropic", true)]
    [InlineData("stored+stored", false)]
    [InlineData("stored+stored", true)]
    public async Task TwoRegionsTakeTurnsAtRandom_NoneOf40RequestsIsThrownOrRefused(string kind, bool streaming)
    {
        await using var pair = await Pair.StartAsync(kind);
        var random = new Random(40);
        var client = pair.Ladder(true, builder => builder.WithRandomizer(() => random.NextDouble()).AddModel(
            "shared", model => model.RouteBy(RoutingStrategy.Weighted)
                .AddEndpoint("x", kind.StartsWith("anthropic", StringComparison.Ordinal) ? pair.First.Anthropic() : pair.First.OpenAIResponses(stateless: kind[0] == 'r'))
                .AddEndpoint("y", kind.StartsWith("anthropic", StringComparison.Ordinal) ? pair.Second.Anthropic() : pair.Second.OpenAIResponses(stateless: kind[0] == 'r'))));
        var circuits = client.GetRequiredService<ChatCircuits>();
        circuits.Get("model", "a").Isolate();
        circuits.Get("model", "b").Isolate();
        var session = new Session(client, streaming);

        for (var i = 0; i < 20; i++)
        {
            pair.First.Behavior = pair.Second.Behavior = Session.Call;
            await session.AskAsync($"{i}?");
            pair.First.Behavior = pair.Second.Behavior = Session.Thought;
            Assert.Equal("Sunny.", (await session.AnswerCallsAsync()).Text);
        }

        Assert.Equal((0, 40), (pair.Refusals, pair.First.Requests.Count + pair.Second.Requests.Count));
        Assert.True(pair.First.Requests.Count > 5 && pair.Second.Requests.Count > 5);
        AssertOwnReasoningOnly(pair);
    }

    /// <summary>Reasoning from before the ladder: it goes to the first endpoint, and once more without it where that one refuses.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task UnmarkedReasoning_GoesToTheFirstEndpointAndOnceMoreWithoutIt(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        await using var unknown = await Pair.StartAsync(kind);
        foreach (var (author, refusals) in new[] { (pair, 0), (unknown, 1) })
        {
            // Made without a ladder.
            var before = new Session(author.Bare(), streaming);
            await before.AskAsync();
            var session = new Session(pair.Ladder(asEndpoints), streaming) { History = before.History };
            var count = pair.First.Requests.Count;

            Assert.Equal("Sunny.", (await session.AskAsync("And tomorrow?")).Text);

            var refused = kind.StartsWith("chat", StringComparison.Ordinal) ? 0 : refusals;
            Assert.Equal((refused, 1 + refused, 0), (pair.Refusals, pair.First.Requests.Count - count, pair.Second.Requests.Count));
        }
    }

    /// <summary>A caller's malformed request comes back as it came, and costs one extra call at most.</summary>
    [Theory]
    [MemberData(nameof(Pair.All), MemberType = typeof(Pair))]
    public async Task MalformedRequest_WithReasoningInTheHistory_ComesBackAsItCame(string kind, bool streaming, bool asEndpoints)
    {
        await using var pair = await Pair.StartAsync(kind);
        var session = new Session(pair.Ladder(asEndpoints, static builder => builder.AddLastResort()), streaming);
        await session.AskAsync();
        pair.First.Behavior = Script.BadRequest();

        var thrown = await Record.ExceptionAsync(() => session.AskAsync("And tomorrow?"));

        Assert.NotNull(thrown);
        Assert.IsNotType<ChatUnavailableException>(thrown, exactMatch: false);
        Assert.InRange(pair.First.Requests.Count, 2, 3);
        Assert.Empty(pair.Second.Requests);
    }

    /// <summary>Every piece of reasoning that a provider was sent and did not refuse was its own: it proves it by signature or id.</summary>
    private static void AssertOwnReasoningOnly(Pair pair) => Assert.All(
        pair.First.Requests.Concat(pair.Second.Requests).SelectMany(static request => request.Reasoning),
        static reasoning => Assert.True(reasoning.Proof.Length > 0 || reasoning.ItemId.Length > 0));
}
