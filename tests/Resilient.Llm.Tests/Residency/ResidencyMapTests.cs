using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Polly;
using Resilient.Llm.Testing;
using Resilient.Llm.Tests.Caching;

namespace Resilient.Llm.Tests;

/// <summary>What data can reach, and what the start-up says of it.</summary>
public sealed class ResidencyMapTests
{
    private readonly LadderLab _lab = new();
    private readonly FakeDistributedCache _store = new() { OnGet = static () => Task.FromResult<byte[]?>(null), OnSet = static () => Task.CompletedTask };

    [Fact]
    public void Map_ListsForEachGeographyWhatItsDataCanReach()
    {
        var map = Whole().GetRequiredService<ResidencyMap>();

        Assert.Equal(
            """
            policy: data anywhere
            bound to CH:
              search FakeSearch (CH)
            bound to EU:
              endpoint primary/sweden in swedencentral (EU), code of the application around it: 2
              store cache/memory (EU)
            bound to US:
              endpoint primary/virginia in eastus (US)
              store cache/distributed (US)
            not bound by the request:
              endpoint primary/sweden in swedencentral (EU), code of the application around it: 2
              endpoint primary/virginia in eastus (US)
              endpoint cheaper (undeclared)
              store cache/memory (EU)
              store cache/distributed (US)
              search FakeSearch (CH)
            outside the guarantee: clients of the application above the ladder: 1, rules of the last resort in code: 2, clients and pipelines around endpoints: 2
            """.ReplaceLineEndings("\n"),
            map.ToString());
    }

    [Fact]
    public void Map_UnderAPolicy_ShowsNothingBeyondIt()
    {
        var map = Whole(static chat => chat.WithResidency(DataResidency.Within("EU", "NO")).RequireResidency()).GetRequiredService<ResidencyMap>();

        Assert.Equal(("EU,NO", true), (map.Policy, map.RequiresResidency));
        Assert.Equal(["CH", "EU", "NO", "US", null], map.Reaches.Select(static reach => reach.Geography));
        Assert.All(map.Reaches, static reach => Assert.Equal(reach.Geography is "EU" or null ? 2 : 0, reach.Places.Count));
        Assert.Equal(["primary/sweden", "cache/memory"], map.ReachOf(DataResidency.Within("eu", "US")).Select(static place => place.Name));
    }

    [BothWays]
    public async Task Map_SaysWhatTheLadderDoes(bool streaming)
    {
        var ladder = Whole();
        foreach (var reach in ladder.GetRequiredService<ResidencyMap>().Reaches.Where(static reach => reach.Geography is not null))
        {
            var (before, wasStored) = (_lab.Primary.CallCount, _store.Reads + _store.Writes);

            await _lab.RunAsync(ladder.AskAsync(streaming, options: new ChatOptions().WithResidency(DataResidency.Within(reach.Geography!))));

            Assert.Equal(reach.Places.Any(static place => place.Kind == ResidencyPlaceKind.Endpoint), _lab.Primary.CallCount > before);
            Assert.Equal(reach.Places.Any(static place => place.Name == "cache/distributed"), _store.Reads + _store.Writes > wasStored);
        }
    }

    [Fact]
    public void Map_LadderWithinALadder_ShowsWhatLiesBehindIt()
    {
        var inner = _lab.Builder()
            .WithResidency(DataResidency.Within("EU"))
            .AddModel("european", _lab.Primary, static m => m.InRegion("swedencentral", "EU"))
            .AddModel("american", _lab.Cheaper, static m => m.InRegion("eastus", "US"))
            .Build();
        var declaredEu = _lab.Builder().AddModel("inner", inner, static m => m.InRegion("anywhere", "EU")).Build();
        var declaredUs = _lab.Builder().AddModel("inner", inner, static m => m.InRegion("anywhere", "US")).Build();

        Assert.Equal(["inner", "inner/european"], Names(declaredEu, "EU"));
        Assert.Empty(Names(declaredEu, "US"));
        Assert.Equal(["inner"], Names(declaredUs, "US"));

        static string[] Names(IChatClient ladder, string geography) =>
            [.. ladder.GetRequiredService<ResidencyMap>().ReachOf(DataResidency.Within(geography)).Select(static place => place.Name)];
    }

    [Fact]
    public void Map_AsJson_IsPlainData()
    {
        var json = JsonSerializer.SerializeToElement(Whole().GetRequiredService<ResidencyMap>(), ResidencyMapJsonContext.Default.ResidencyMap);

        Assert.Equal("anywhere", json.GetProperty("policy").GetString());
        Assert.Equal(["CH", "EU", "US", null], json.GetProperty("reaches").EnumerateArray().Select(static reach => reach.GetProperty("geography").GetString()));
        var place = json.GetProperty("reaches")[1].GetProperty("places")[0];
        Assert.Equal(("Endpoint", "primary/sweden", 2), (place.GetProperty("kind").GetString(), place.GetProperty("name").GetString(), place.GetProperty("ownCode").GetInt32()));
    }

    [Fact]
    public void Start_SaysWhichResidenciesHaveNoModelAndWhichEndpointsAreNeverAsked()
    {
        using var log = new LogCapture(LogLevel.Information);

        Whole(static chat => chat.WithResidency(DataResidency.Within("EU")), log);

        Assert.All(log.Entries, static entry => Assert.Equal(LogLevel.Warning, entry.Level));
        Assert.Equal([41, 41, 42, 42], log.Entries.Select(static entry => entry.Id));
        string[] told = ["bound to CH, where the ladder's residency is EU", "bound to US, where", "Endpoint primary/virginia (US) is never asked", "Endpoint cheaper (undeclared) is never asked"];
        Assert.All(told.Zip(log.Entries), static pair => Assert.Contains(pair.First, pair.Second.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Start_AllIsWell_SaysNothing()
    {
        using var log = new LogCapture(LogLevel.Information);

        _lab.Builder().RunsIn("swedencentral", "EU").WithResidency(DataResidency.Within("EU")).AddModel("primary", _lab.Primary, static m => m.InRegion("swedencentral", "eu")).Build(log.Services);
        _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build(log.Services);

        Assert.Empty(log.Entries);
    }

    private IChatClient Whole(Action<ResilientChatBuilder>? configure = null, LogCapture? log = null)
    {
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]), "CH");
        var builder = _lab.Builder()
            .RunsIn("swedencentral", "EU")
            .Use(static client => client)
            .AddModel("primary", model => model
                .AddEndpoint("sweden", _lab.Primary, static e => e.InRegion("swedencentral", "EU").Use(static client => client).WithPipeline(ResiliencePipeline.Empty))
                .AddEndpoint("virginia", _lab.Primary, static e => e.InRegion("eastus", "US")))
            .AddModel("cheaper", _lab.Cheaper)
            .AddCachedAnswers(cache => cache.UseDistributedCache(_store, "US"))
            .AddLastResort(last => last
                .AddSearch(search)
                .AddRule("hours", "from 9 to 17")
                .AddRule(new System.Text.RegularExpressions.Regex("x"), "y")
                .AddRule(static _ => null)
                .AddRule(static (_, _) => default));
        configure?.Invoke(builder);
        return builder.Build(log?.Services);
    }
}
