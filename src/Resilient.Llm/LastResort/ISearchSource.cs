namespace Resilient.Llm;

/// <summary>Finds documents for a question without a language model: the last resort of a ladder.</summary>
/// <remarks>
/// Implementations must be thread-safe. They may throw and may be slow: the last resort then goes on without them.
/// They must treat the query as untrusted text, never as query syntax. They must not block the thread that calls
/// <see cref="SearchAsync"/>: a task that is late can be left behind, a thread that is blocked cannot.
/// </remarks>
public interface ISearchSource
{
    /// <summary>Where the search runs, for data residency: the query is personal data and goes only to allowed geographies.</summary>
    /// <value>
    /// Default: null, in the application's own process, hence in the geography that <c>RunsIn</c> declares; where that is undeclared too, a request
    /// bound to a geography is not searched for. A source that sends the query over the network must declare where to, or the query leaves its geography unnoticed.
    /// </value>
    string? Geography => null;

    /// <summary>Searches for a question.</summary>
    /// <param name="query">The user's question as written, cut after 2,000 characters.</param>
    /// <param name="maxResults">The most results to return. Range: 1 and up.</param>
    /// <param name="cancellationToken">Cancelled when the time for the answer is up.</param>
    /// <returns>The results, best first; empty when nothing fits.</returns>
    Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default);
}
