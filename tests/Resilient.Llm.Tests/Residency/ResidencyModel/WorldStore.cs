using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A store that other processes share, in a geography of its own.</summary>
internal sealed class WorldStore(ResidencyWorld world, WorldPlace place) : IDistributedCache
{
    private readonly Dictionary<string, byte[]> _entries = [];

    public WorldPlace Place => place;

    public Mood Mood { get; set; }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        var entry = _entries.GetValueOrDefault(key);
        world.Watch.Read(place, entry is null ? null : Encoding.UTF8.GetString(entry));
        await BehaveAsync(token).ConfigureAwait(false);
        return entry;
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        world.Watch.Written(place, Encoding.UTF8.GetString(value));
        await BehaveAsync(token).ConfigureAwait(false);
        _entries[key] = value;
    }

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    private Task BehaveAsync(CancellationToken cancellationToken) => Mood switch
    {
        Mood.Works => Task.CompletedTask,
        Mood.IsSlow => InPlaceDelay.WaitAsync(world.Clock, world.Draw.Time(1, 200), cancellationToken),
        Mood.Hangs => InPlaceDelay.WaitAsync(world.Clock, TimeSpan.FromHours(2), cancellationToken),
        _ => Task.FromException(new IOException("store lost")),
    };
}

/// <summary>A search, in this process or elsewhere.</summary>
internal sealed class WorldSearch(ResidencyWorld world, WorldPlace place, string? declared, bool cannotSay) : ISearchSource
{
    /// <summary>Where a search that says nothing is in the application's own process, its place is the application's.</summary>
    public string? Geography => cannotSay ? throw new InvalidOperationException("unknown") : declared;

    public Mood Mood { get; set; }

    public async Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
    {
        world.Watch.Searched(place, query);
        switch (Mood)
        {
            case Mood.Works:
                return [new("Found", "something")];
            case Mood.IsSlow or Mood.Hangs:
                await InPlaceDelay.WaitAsync(world.Clock, world.Draw.Time(1, 10_000), cancellationToken).ConfigureAwait(false);
                return [];
            default:
                throw new IOException("search lost");
        }
    }
}
