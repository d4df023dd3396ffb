using Microsoft.Extensions.Caching.Distributed;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>A cache that experiments can sever, slow down or hang by name (<see cref="ChaosBlastRadius.Dependencies"/>).</summary>
/// <remarks>
/// Synchronous members block for the duration of the fault, as a slow store would. Thread-safe if the inner cache is. Disposes neither it
/// nor the controller.
/// </remarks>
/// <param name="inner">The inner cache.</param>
/// <param name="chaos">The controller of the experiments.</param>
/// <param name="name">The name of this chaos point, for targeting.</param>
public sealed class ChaosDistributedCache(IDistributedCache inner, ChaosController chaos, string name) : IDistributedCache
{
    private readonly IDistributedCache _inner = inner ?? throw new ArgumentNullException(nameof(inner));
    private readonly ChaosController _chaos = chaos ?? throw new ArgumentNullException(nameof(chaos));
    private readonly string _name = ChaosPoint.Named(name);

    /// <inheritdoc/>
    public byte[]? Get(string key) => Passed().Get(key);

    /// <inheritdoc/>
    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default) =>
        await (await PassedAsync(token).ConfigureAwait(false)).GetAsync(key, token).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => Passed().Set(key, value, options);

    /// <inheritdoc/>
    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        await (await PassedAsync(token).ConfigureAwait(false)).SetAsync(key, value, options, token).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Refresh(string key) => Passed().Refresh(key);

    /// <inheritdoc/>
    public async Task RefreshAsync(string key, CancellationToken token = default) =>
        await (await PassedAsync(token).ConfigureAwait(false)).RefreshAsync(key, token).ConfigureAwait(false);

    /// <inheritdoc/>
    public void Remove(string key) => Passed().Remove(key);

    /// <inheritdoc/>
    public async Task RemoveAsync(string key, CancellationToken token = default) =>
        await (await PassedAsync(token).ConfigureAwait(false)).RemoveAsync(key, token).ConfigureAwait(false);

    /// <summary>Returns the inner cache after the fault.</summary>
    private IDistributedCache Passed()
    {
        var pass = PassedAsync(CancellationToken.None);
        return pass.IsCompletedSuccessfully ? pass.Result : pass.AsTask().GetAwaiter().GetResult();
    }

    private async ValueTask<IDistributedCache> PassedAsync(CancellationToken token)
    {
        await _chaos.PassAsync(_name, token).ConfigureAwait(false);
        return _inner;
    }
}
