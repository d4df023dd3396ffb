namespace Resilient.Llm.Tests;

/// <summary>A search that does what it is told.</summary>
internal sealed class FakeSearch(Func<string, int, CancellationToken, Task<IReadOnlyList<SearchResult>>> search, string? geography = null) : ISearchSource, IDisposable
{
    public FakeSearch(params SearchResult[] results)
        : this((_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>(results))
    {
    }

    public int Calls { get; private set; }

    public string? LastQuery { get; private set; }

    public int Disposed { get; private set; }

    public CancellationToken LastToken { get; private set; }

    public string? Geography => geography;

    public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
    {
        Calls++;
        LastQuery = query;
        LastToken = cancellationToken;
        return search(query, maxResults, cancellationToken);
    }

    public void Dispose() => Disposed++;
}
