using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>A search that experiments can sever, slow down or hang by name (<see cref="ChaosBlastRadius.Dependencies"/>).</summary>
/// <remarks>Thread-safe if the inner search is. Disposes neither it nor the controller.</remarks>
/// <param name="inner">The inner search.</param>
/// <param name="chaos">The controller of the experiments.</param>
/// <param name="name">The name of this chaos point, for targeting.</param>
public sealed class ChaosSearchSource(ISearchSource inner, ChaosController chaos, string name) : ISearchSource
{
    private readonly ISearchSource _inner = inner ?? throw new ArgumentNullException(nameof(inner));
    private readonly ChaosController _chaos = chaos ?? throw new ArgumentNullException(nameof(chaos));
    private readonly string _name = ChaosPoint.Named(name);

    /// <inheritdoc/>
    public string? Geography => _inner.Geography;

    /// <inheritdoc/>
    public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
    {
        _chaos.Traffic.OnSearched(_name, Geography, query);
        var pass = _chaos.PassAsync(_name, cancellationToken);
        return pass.IsCompletedSuccessfully ? _inner.SearchAsync(query, maxResults, cancellationToken) : PassedAsync();

        async Task<IReadOnlyList<SearchResult>> PassedAsync()
        {
            await pass.ConfigureAwait(false);
            return await _inner.SearchAsync(query, maxResults, cancellationToken).ConfigureAwait(false);
        }
    }
}
