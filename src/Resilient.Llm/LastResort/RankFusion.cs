namespace Resilient.Llm.LastResort;

/// <summary>Merges result lists whose scores cannot be compared.</summary>
/// <remarks>
/// Reciprocal rank fusion (Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
/// Methods", 2009), k = 60: lists alternate by rank, and results of several lists come first. Results with the same address, or without
/// address and with the same title, are one result.
/// </remarks>
internal static class RankFusion
{
    private const double K = 60;

    public static IReadOnlyList<SearchResult> Merge(IReadOnlyList<IReadOnlyList<SearchResult>> lists, int maxResults)
    {
        var merged = new Dictionary<string, (SearchResult Result, double Score)>(StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var list in lists)
        {
            // A list that contains a result twice has one vote for it.
            seen.Clear();
            for (var rank = 0; rank < list.Count; rank++)
            {
                var key = list[rank].Uri?.OriginalString ?? list[rank].Title;
                if (seen.Add(key))
                {
                    var known = merged.GetValueOrDefault(key, (list[rank], 0));
                    merged[key] = (known.Result, known.Score + (1 / (K + rank + 1)));
                }
            }
        }

        // The sort is stable and nothing is removed from the dictionary: equal scores stay in the order of the sources.
        return [.. merged.Values.OrderByDescending(static m => m.Score).Take(maxResults).Select(static m => m.Result)];
    }
}
