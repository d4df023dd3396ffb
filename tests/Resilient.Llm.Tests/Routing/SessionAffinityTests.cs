using Microsoft.Extensions.AI;
using Resilient.Llm.Routing;
using Resilient.Llm.Shared;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class SessionAffinityTests
{
    private const int Sessions = 20_000;

    private readonly LadderLab _lab = new();
    private readonly Random _random = new(11);

    [BothWays]
    public async Task Session_WeightedEndpoints_StaysWithOneWhileOthersGoElsewhere(bool streaming)
    {
        var ladder = Ladder(RoutingStrategy.Weighted);

        var first = new List<string>();
        for (var session = 0; session < 20; session++)
        {
            var asked = new HashSet<string>();
            for (var i = 0; i < 5; i++)
            {
                asked.Add(await EndpointAsync(ladder, streaming, $"session {session}"));
            }

            first.Add(Assert.Single(asked));
        }

        Assert.Equal(2, first.Distinct().Count());
    }

    [BothWays]
    public async Task Session_ItsEndpointIsUnavailable_GoesElsewhereAndComesBack(bool streaming)
    {
        var ladder = Ladder(RoutingStrategy.Weighted);
        var own = await EndpointAsync(ladder, streaming, "session");
        var circuit = ladder.GetRequiredService<ChatCircuits>().Get("primary", own);

        circuit.Isolate();
        var other = await EndpointAsync(ladder, streaming, "session");
        circuit.Reset();

        Assert.NotEqual(own, other);
        Assert.Equal(own, await EndpointAsync(ladder, streaming, "session"));
    }

    [BothWays]
    public async Task Session_OrderedEndpoints_AllGoToTheFirst(bool streaming)
    {
        var ladder = Ladder(RoutingStrategy.Ordered);
        for (var session = 0; session < 20; session++)
        {
            Assert.Equal("sweden", await EndpointAsync(ladder, streaming, $"session {session}"));
        }
    }

    [BothWays]
    public async Task SessionKey_IsNotSentAndKeepsNoStoredAnswersApart(bool streaming)
    {
        using var provider = new ScriptedChatClient().Always(Scripted.Answer("stored"));
        var ladder = _lab.Builder()
            .AddModel("primary", provider)
            .AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough)
            .Build();

        await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { SessionKey = "one" }));
        var second = await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { SessionKey = "other" }));

        Assert.Equal(AnswerSource.Cache, second.GetResilienceReport()!.Source);
        Assert.Equal(typeof(ChatOptions), provider.Calls.Single().Options!.GetType());
    }

    [Fact]
    public void Clone_KeepsTheSessionKey() => Assert.Equal("one", ((ResilientChatOptions)new ResilientChatOptions { SessionKey = "one" }.Clone()).SessionKey);

    [Fact]
    public void Sessions_AreSharedByWeight()
    {
        var shares = Shares([new("sweden", weight: 1), new("france", weight: 2), new("virginia", weight: 7)]);

        AssertShare(0.1, shares["sweden"]);
        AssertShare(0.2, shares["france"]);
        AssertShare(0.7, shares["virginia"]);
    }

    [Fact]
    public void Sessions_AnEndpointIsLost_OnlyItsOwnMove()
    {
        RoutedEndpoint[] all = [new("sweden"), new("france"), new("virginia")];
        for (var session = 0; session < 1000; session++)
        {
            var before = First(all, session);

            var after = First([.. all.Where(static endpoint => endpoint.Name != "france")], session);

            Assert.True(before == "france" || before == after);
        }
    }

    [Fact]
    public void StableHash_IsTheSameInEveryProcess() => Assert.Equal(StableHash.Of("ab"), StableHash.Of(new string(['a', 'b'])));

    private static string First(RoutedEndpoint[] endpoints, int session)
    {
        RoutedEndpoint[] order = [.. endpoints];
        SessionAffinity.Order(order, $"session {session}");
        return order[0].Name;
    }

    private static Dictionary<string, int> Shares(RoutedEndpoint[] endpoints) =>
        Enumerable.Range(0, Sessions).GroupBy(session => First(endpoints, session)).ToDictionary(static group => group.Key, static group => group.Count());

    private static void AssertShare(double expected, int count)
    {
        // Four standard deviations of a binomial share.
        var deviation = Math.Sqrt(expected * (1 - expected) / Sessions);
        Assert.InRange((double)count / Sessions, expected - (4 * deviation), expected + (4 * deviation));
    }

    private IChatClient Ladder(RoutingStrategy strategy) => _lab.Builder()
        .WithRandomizer(_random.NextDouble)
        .AddModel("primary", model => model.RouteBy(strategy).AddEndpoint("sweden", _lab.Primary).AddEndpoint("france", _lab.Cheaper))
        .Build();

    private async Task<string> EndpointAsync(IChatClient ladder, bool streaming, string session) =>
        (await _lab.RunAsync(ladder.AskAsync(streaming, options: new ResilientChatOptions { SessionKey = session }))).GetResilienceReport()!.Endpoint!;
}
