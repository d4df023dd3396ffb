using Resilient.Llm.Requests;

namespace Resilient.Llm.LastResort;

/// <summary>Asks the stored questions and every search concurrently and merges the results that come in time.</summary>
internal static class SearchStep
{
    private const int MaxQuery = 2000;

    /// <summary>The results, best first; null when no search was made or none returned, so that "nothing found" would be wrong.</summary>
    public static async Task<IReadOnlyList<SearchResult>?> SearchAsync(
        LastResortSettings settings,
        LastResortContext context,
        RequestContext request,
        AnswerTime time,
        CancellationToken cancellationToken)
    {
        var timeProvider = request.TimeProvider;
        var query = context.Question.Length <= MaxQuery ? context.Question : context.Question[..MaxQuery];
        var end = time.EndOfSearch(settings.SearchTimeout);
        var pending = new List<Task<IReadOnlyList<SearchResult>?>>(settings.Sources.Count);
        foreach (var source in settings.Sources)
        {
            if (time.Until(end) is { } limit && limit > TimeSpan.Zero && IsAllowed(settings, source, request))
            {
                pending.Add(AskAsync(settings, source, query, limit, timeProvider, cancellationToken));
            }
        }

        var lists = new List<IReadOnlyList<SearchResult>>(pending.Count + 1);
        var isAnswered = !settings.Faq.IsEmpty;
        if (isAnswered)
        {
            lists.Add(settings.Faq.Search(query, settings.MaxResults));
        }

        foreach (var search in pending)
        {
            if (await search.ConfigureAwait(false) is { } results)
            {
                lists.Add(results);
                isAnswered = true;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return isAnswered ? RankFusion.Merge(lists, settings.MaxResults) : null;
    }

    private static Task<IReadOnlyList<SearchResult>?> AskAsync(
        LastResortSettings settings,
        LastResortSource source,
        string query,
        TimeSpan limit,
        TimeProvider timeProvider,
        CancellationToken cancellationToken) =>
        settings.TryAsync<IReadOnlyList<SearchResult>, IReadOnlyList<SearchResult>>(
            source.Name,
            token => source.Search.SearchAsync(query, settings.MaxResults, token),
            results => [.. (results ?? []).Take(settings.MaxResults).Where(static r => !string.IsNullOrWhiteSpace(r?.Title))],
            "The search did not answer in time and was left behind.",
            limit,
            timeProvider,
            cancellationToken);

    private static bool IsAllowed(LastResortSettings settings, LastResortSource source, RequestContext request)
    {
        if (request.Residency.IsAnywhere)
        {
            return true;
        }

        var geography = settings.GeographyOf(source);
        if (request.Residency.Allows(geography))
        {
            return true;
        }

        request.Audit.Refuse("last-resort", source.Name, geography, $"the data may only go to: {request.Residency}");
        return false;
    }
}
