using Resilient.Llm.Shared;

namespace Resilient.Llm;

/// <summary>Turns a question into an FTS5 query that contains only words.</summary>
internal static class SearchQuery
{
    private const int MaxLength = 4096;
    private const int MaxTerms = 32;

    /// <summary>The significant words, quoted and joined with OR; null if there are none.</summary>
    /// <remarks>
    /// Words contain only letters, marks and digits, so no query syntax (quotes, NEAR, *, :, ^, parentheses) remains; quoted, AND and NOT
    /// are words too. OR, because bm25 ranks documents with more and rarer words first. Bounded, so that a huge question stays cheap.
    /// </remarks>
    public static string? From(string question)
    {
        var terms = SearchTerms.ForQuery(question.Length <= MaxLength ? question : question[..MaxLength], MaxTerms);
        return terms.Count == 0 ? null : string.Join(" OR ", terms.Select(static term => $"\"{term}\""));
    }
}
