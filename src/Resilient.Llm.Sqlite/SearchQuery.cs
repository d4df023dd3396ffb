using Resilient.Llm.Shared;

namespace Resilient.Llm;

/// <summary>Turns a question into an FTS5 query that cannot be anything but words.</summary>
internal static class SearchQuery
{
    private const int MaxLength = 4096;
    private const int MaxTerms = 32;

    /// <summary>The telling words, each as a quoted string, any of which may be found; null when there is none.</summary>
    /// <remarks>
    /// The words hold letters, marks and digits only, so nothing of the query syntax (quotes, NEAR, *, :, ^, parentheses) survives; quoted, AND
    /// and NOT are words too. Any instead of all: bm25 puts documents with more and rarer words first. Bounded, so that a megabyte costs no more
    /// than a page.
    /// </remarks>
    public static string? From(string question)
    {
        var terms = SearchTerms.ForQuery(question.Length <= MaxLength ? question : question[..MaxLength], MaxTerms);
        return terms.Count == 0 ? null : string.Join(" OR ", terms.Select(static term => $"\"{term}\""));
    }
}
