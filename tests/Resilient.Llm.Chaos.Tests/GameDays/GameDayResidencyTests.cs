using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

public class GameDayResidencyTests
{
    public static TheoryData<bool> Ways => [false, true];

    [Fact]
    public async Task BoundQuestions_RegionDown_AreSeenAndStay()
    {
        using var lab = new GameDayLab();

        var card = await lab.PlayAsync(GameDayLab.EastIsDown());

        Assert.InRange(card.Residency.BoundRequests, 60, 140);
        Assert.True(card.Residency.Arrivals >= card.Residency.BoundRequests - card.Steps.Where(static step => step.Name == "cache").Sum(static step => step.Count));
        Assert.Equal(0, card.Residency.Count);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task BoundQuestions_ClientThatIgnoresTheBound_AreViolations(bool streaming)
    {
        using var lab = new GameDayLab();
        using var careless = new ChaosChatClient(Instant(), lab.Chaos, "careless", region: "east", geography: "US");

        var card = await lab.PlayAsync(Quiet(streaming), careless);

        Assert.Equal(card.Requests.Asked, card.Residency.BoundRequests);
        Assert.Equal([new("careless/careless", "US", "EU, CH", card.Requests.Asked)], card.Residency.Violations);
        Assert.Contains(card.Checks, static check => check is { What: "residency violations", Held: false });
        Assert.Equal(GameDayVerdict.NotHeld, card.Verdict);
        Assert.Contains("careless/careless", card.ToHtml(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EU", 0)]
    [InlineData("eu", 0)]
    [InlineData("CH", 0)]
    [InlineData("DE", 1)]
    [InlineData(null, 1)]
    public async Task BoundQuestions_Geography_DecidesByTheList(string? geography, int violationsPerRequest)
    {
        using var lab = new GameDayLab();
        using var client = new ChaosChatClient(Instant(), lab.Chaos, "client", geography: geography);

        var card = await lab.PlayAsync(Quiet(streaming: false), client);

        Assert.Equal(card.Requests.Asked * violationsPerRequest, card.Residency.Count);
    }

    [Fact]
    public async Task BoundQuestions_NobodyWatchesTheClients_ShowsNothingAndDoesNotHold()
    {
        using var lab = new GameDayLab();
        using var unwatched = new ResilientChatBuilder().WithTimeProvider(lab.Clock).AddModel("model", Instant(), static model => model.InRegion("north", "EU")).Build();

        var card = await lab.PlayAsync(Quiet(streaming: false), unwatched);

        Assert.Equal(card.Requests.Asked, card.Requests.Answered);
        var check = Assert.Single(card.Checks, static check => !check.Held);
        Assert.Contains("compose the ladder with WithChaos", check.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("US", true)]
    [InlineData("EU", false)]
    [InlineData(null, false)]
    public async Task BoundQuestions_SearchElsewhere_IsAViolation(string? geography, bool isViolation)
    {
        using var lab = new GameDayLab();
        var search = new ChaosSearchSource(new Nowhere(geography), lab.Chaos, "index");
        using var searching = new SearchingClient(search);

        var card = await lab.PlayAsync(Quiet(streaming: false), searching);

        Assert.Equal(isViolation ? card.Requests.Asked : 0, card.Residency.Count);
    }

    private static ScriptedChatClient Instant() => new ScriptedChatClient().Always(Scripted.Answer("Hello."));

    private static GameDayScenario Quiet(bool streaming) => GameDayScenario.Named("Quiet").Lasting(TimeSpan.FromSeconds(2))
        .UnderLoad(new() { Streams = streaming ? 1 : 0, Residencies = [new(["EU", "CH"], 1)] }).Build();

    /// <summary>An application that puts every question to its search, whatever it is bound to.</summary>
    private sealed class SearchingClient(ISearchSource search) : DelegatingChatClient(Instant())
    {
        public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await search.SearchAsync(messages.Last().Text, 3, cancellationToken);
            return await base.GetResponseAsync(messages, options, cancellationToken);
        }
    }

    private sealed class Nowhere(string? geography) : ISearchSource
    {
        public string? Geography => geography;

        public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<SearchResult>>([]);
    }
}
