using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>For your tests: checks, outside of every ladder, that no question leaves the geographies it is bound to.</summary>
/// <remarks>
/// <para>
/// Put it around the clients and searches that replace the real ones in your tests, each with its real geography. Mark each question with
/// its required residency and send it through your application, which binds it in its own way. At the end,
/// <see cref="AssertNothingLeft"/> lists what arrived where it must not.
/// </para>
/// <para>
/// It recognises a question by a mark in its text, "[recorder 7] ", and so depends on no report, no options and no code of the ladder.
/// Calls without a mark cannot be judged and are reported. Stores of answers are not watched: they receive a hash of the question and the
/// answer, and neither has the mark.
/// </para>
/// <para>Thread-safe.</para>
/// </remarks>
public sealed class ResidencyRecorder
{
    private const string Opening = "[recorder ";

    private readonly ConcurrentDictionary<int, DataResidency> _marked = new();
    private readonly ConcurrentQueue<DataFlow> _flows = new();
    private int _marks;

    /// <summary>Gets everything that has arrived, in order. A conversation with several marked messages counts once for each.</summary>
    public IReadOnlyList<DataFlow> Flows => [.. _flows];

    /// <summary>Marks a question, so that the recorder recognises it wherever it arrives.</summary>
    /// <param name="residency">Where its data may go: what the test expects, not what the ladder made of it.</param>
    /// <param name="question">The question.</param>
    /// <returns>The text to ask with. The mark comes first, since searches get only the beginning of a long question.</returns>
    public string Mark(DataResidency residency, string question)
    {
        ArgumentNullException.ThrowIfNull(residency);
        ArgumentNullException.ThrowIfNull(question);
        var mark = Interlocked.Increment(ref _marks);
        _marked[mark] = residency;
        return string.Create(CultureInfo.InvariantCulture, $"{Opening}{mark}] {question}");
    }

    /// <summary>Watches a provider's client.</summary>
    /// <param name="client">The innermost client, in place of the provider's, inside every <c>Use</c>. Disposed with the result.</param>
    /// <param name="geography">Where the real one lies; null: unknown.</param>
    public IChatClient Watch(IChatClient client, string? geography)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new WatchedChatClient(client, this, geography);
    }

    /// <summary>Watches a search.</summary>
    /// <param name="search">The search. The ladder relies on its own <see cref="ISearchSource.Geography"/>.</param>
    /// <param name="geography">Where the real one lies; null: unknown.</param>
    public ISearchSource Watch(ISearchSource search, string? geography)
    {
        ArgumentNullException.ThrowIfNull(search);
        return new WatchedSearch(search, this, geography);
    }

    /// <summary>Throws if a marked question arrived where it must not, or if anything arrived without a mark.</summary>
    /// <param name="allowUnmarked">Whether calls without a mark, for example health probes, are ignored.</param>
    /// <exception cref="InvalidOperationException">The message lists what arrived where: marks and geographies, no content.</exception>
    public void AssertNothingLeft(bool allowUnmarked = false)
    {
        var left = _flows.Where(flow => flow.Mark is null ? !allowUnmarked : !flow.IsAllowed).ToArray();
        if (left.Length > 0)
        {
            throw new InvalidOperationException(
                $"{left.Length} of {_flows.Count} calls went where they must not, or bear no mark: "
                + $"{string.Join("; ", left.Take(20).Select(static flow => flow.ToString()))}.");
        }
    }

    private void Note(string? geography, IEnumerable<string?> texts)
    {
        var isMarked = false;
        foreach (var mark in texts.SelectMany(MarksIn).Distinct())
        {
            isMarked = true;
            _flows.Enqueue(new(mark, _marked[mark], geography));
        }

        if (!isMarked)
        {
            _flows.Enqueue(new(null, null, geography));
        }
    }

    private IEnumerable<int> MarksIn(string? text)
    {
        for (var at = 0; text is not null && (at = text.IndexOf(Opening, at, StringComparison.Ordinal)) >= 0;)
        {
            at += Opening.Length;
            var end = text.IndexOf(']', at);
            if (end > at
                && int.TryParse(text.AsSpan(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture, out var mark)
                && _marked.ContainsKey(mark))
            {
                yield return mark;
            }
        }
    }

    private sealed class WatchedChatClient(IChatClient inner, ResidencyRecorder recorder, string? geography) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(Noted(messages, options), options, cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(Noted(messages, options), options, cancellationToken);

        private List<ChatMessage> Noted(IEnumerable<ChatMessage> messages, ChatOptions? options)
        {
            var seen = messages.ToList();
            recorder.Note(geography, seen.Select(static message => message.Text).Append(options?.Instructions));
            return seen;
        }
    }

    private sealed class WatchedSearch(ISearchSource inner, ResidencyRecorder recorder, string? geography) : ISearchSource, IDisposable
    {
        public string? Geography => inner.Geography;

        public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
        {
            recorder.Note(geography, [query]);
            return inner.SearchAsync(query, maxResults, cancellationToken);
        }

        public void Dispose() => (inner as IDisposable)?.Dispose();
    }
}

/// <summary>The arrival of a question.</summary>
/// <param name="Mark">The number of its mark; null for a call without one.</param>
/// <param name="Residency">Where its data may go; null for a call without a mark.</param>
/// <param name="Geography">Where it arrived; null: unknown.</param>
public sealed record DataFlow(int? Mark, DataResidency? Residency, string? Geography)
{
    /// <summary>Gets whether the question may be there. False without a mark.</summary>
    /// <remarks>Checks the list itself, independently of <see cref="DataResidency.Allows"/>, which the ladder uses.</remarks>
    public bool IsAllowed =>
        Residency is not null
        && (Residency.IsAnywhere
            || (Geography is not null && Residency.Geographies.Contains(Geography, StringComparer.OrdinalIgnoreCase)));

    /// <summary>One line, without content.</summary>
    public override string ToString() => Mark is null
        ? $"a call without a mark in {Geography ?? "an unknown place"}"
        : string.Create(CultureInfo.InvariantCulture, $"[recorder {Mark}], bound to {Residency}, in {Geography ?? "an unknown place"}");
}
