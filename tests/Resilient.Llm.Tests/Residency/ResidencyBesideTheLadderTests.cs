using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A bound holds wherever it is set: also for decorators that stand alone, and when a client below the ladder sets it.</summary>
public sealed class ResidencyBesideTheLadderTests
{
    private static readonly DataResidency Europe = DataResidency.Within("EU");

    private readonly LadderLab _lab = new();

    public enum Wish
    {
        Property,
        Key,
    }

    [Theory]
    [BothWaysData(Wish.Property)]
    [BothWaysData(Wish.Key)]
    public async Task Fallback_Alone_AsksNobodyWhoseGeographyIsUnknown(Wish wish, bool streaming)
    {
        using var fallback = new FallbackChatClient([new("one", _lab.Primary)], timeProvider: _lab.Clock);

        await Assert.ThrowsAsync<DataResidencyException>(() => fallback.AskAsync(streaming, options: Bound(wish)));

        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData(Wish.Property)]
    [BothWaysData(Wish.Key)]
    public async Task Cache_Alone_StoresNothingInAnUndeclaredPlace(Wish wish, bool streaming)
    {
        using var cache = new CachedAnswerChatClient(_lab.Primary, new() { Mode = CachedAnswerMode.ReadThrough }, _lab.Clock);

        await cache.AskAsync(streaming, options: Bound(wish));
        await cache.AskAsync(streaming, options: Bound(wish));

        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData(Wish.Property)]
    [BothWaysData(Wish.Key)]
    public async Task LastResort_Alone_SearchesOnlyThere(Wish wish, bool streaming)
    {
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]), "US");
        using var lastResort = new LastResortChatClient(b => b.AddSearch(search));

        await ChatClientAsking.AskAsync(lastResort, streaming, options: Bound(wish));

        Assert.Equal(0, search.Calls);
    }

    [Theory]
    [BothWaysData(Wish.Property)]
    [BothWaysData(Wish.Key)]
    public async Task ClientBelowTheLadder_Narrows_GuardRefuses(Wish wish, bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, m => m.InRegion("eastus", "US").Use(client => new OptionsClient(client, options => Bound(wish, options))))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal(("cheaper", FailureKind.Rejected), (report.ServedBy, report.Attempts[0].Failure));
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [BothWaysData(Wish.Property)]
    [BothWaysData(Wish.Key)]
    public async Task ClientBelowTheLadder_Narrows_ProviderThereSeesNothingOfIt(Wish wish, bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, m => m.InRegion("westeurope", "EU").Use(client => new OptionsClient(client, options => Bound(wish, options))))
            .Build();

        await ladder.AskAsync(streaming, options: new() { AdditionalProperties = new() { ["mine"] = 1 } });

        var received = _lab.Primary.Calls[0].ReceivedOptions!;
        Assert.IsType<ChatOptions>(received);
        Assert.Equal("mine", Assert.Single(received.AdditionalProperties!).Key);
    }

    private static ChatOptions Bound(Wish wish, ChatOptions? options = null)
    {
        if (wish == Wish.Property)
        {
            return options.WithResidency(Europe);
        }

        var copy = options?.Clone() ?? new();
        (copy.AdditionalProperties ??= [])[ResilientChatOptions.ResidencyKey] = "EU";
        return copy;
    }
}
