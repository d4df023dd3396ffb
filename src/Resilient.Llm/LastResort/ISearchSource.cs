namespace Resilient.Llm;

/// <summary>Finds documents for a question without a language model: the last resort of a ladder.</summary>
/// <remarks>
/// Implementations must be thread-safe. They may throw or be slow: the last resort then continues without them. They must treat the query
/// as untrusted text, never as query syntax, and must not block the thread that calls <see cref="SearchAsync"/>: a late task can be
/// abandoned, a blocked thread cannot.
/// </remarks>
public interface ISearchSource
{
    /// <summary>Gets where the search runs. The query is personal data and goes only where the data residency allows.</summary>
    /// <value>
    /// Default: null: in the application's process, in the geography that <c>RunsIn</c> declares; without that, a request with a data
    /// residency is not searched for. A source that sends the query over the network must declare its geography, or the query leaves the
    /// residency unnoticed.
    /// </value>
    string? Geography => null;

    /// <summary>Searches for a question.</summary>
    /// <param name="query">The user's question as written, cut after 2,000 characters.</param>
    /// <param name="maxResults">The most results to return. Range: 1 and up.</param>
    /// <param name="cancellationToken">Cancelled when the time for the answer is up.</param>
    /// <returns>The results, best first; empty when nothing fits.</returns>
    Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default);
}
