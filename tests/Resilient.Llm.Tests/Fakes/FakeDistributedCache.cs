using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A distributed store that works unless told otherwise.</summary>
internal sealed class FakeDistributedCache : IDistributedCache
{
    public ConcurrentDictionary<string, byte[]> Entries { get; } = new();

    public Func<Task<byte[]?>>? OnGet { get; set; }

    public Func<Task>? OnSet { get; set; }

    public int Reads { get; private set; }

    public int Writes { get; private set; }

    public CancellationToken LastToken { get; private set; }

    public DistributedCacheEntryOptions? LastEntry { get; private set; }

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        Reads++;
        LastToken = token;
        return OnGet?.Invoke() ?? Task.FromResult(Entries.GetValueOrDefault(key));
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        Writes++;
        LastEntry = options;
        if (OnSet is not null)
        {
            return OnSet();
        }

        Entries[key] = value;
        return Task.CompletedTask;
    }

    public byte[]? Get(string key) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();
}
