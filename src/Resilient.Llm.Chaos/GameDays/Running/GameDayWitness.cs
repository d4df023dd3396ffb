using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Watches where bound questions arrive, beside the ladder: it believes neither options nor reports, and goes by marks in the text.</summary>
/// <remarks>
/// The mark is the number of the residency in the load, as so many invisible separators (U+2063) before an invisible plus (U+2064), at the beginning, since searches get only the beginning of a long question. It changes
/// neither what a rule or a search finds nor which questions are the same. It is seen where calls go out, directly before the guard of an endpoint, and before a search that lies in some geography. Thread-safe.
/// </remarks>
internal sealed class GameDayWitness(IReadOnlyList<GameDayResidency> residencies)
{
    private const char Stroke = '\u2063';
    private const char Stop = '\u2064';

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Place, string? Geography, string Bound), long> _violations = [];
    private long _arrivals;

    /// <summary>How often a marked question arrived anywhere.</summary>
    public long Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>What arrived where it must not: where, its geography, what it was bound to, how often.</summary>
    public IReadOnlyList<(string Place, string? Geography, string Bound, long Count)> Violations
    {
        get
        {
            lock (_lock)
            {
                return [.. _violations.Select(static pair => (pair.Key.Place, pair.Key.Geography, pair.Key.Bound, pair.Value))];
            }
        }
    }

    public static string Mark(GameDayRequest request) =>
        request.Residency is { } number ? new string(Stroke, number + 1) + Stop + request.Question : request.Question;

    /// <summary>A call goes out to an endpoint.</summary>
    public void OnSent(ChatEndpointInfo endpoint, IEnumerable<ChatMessage> messages)
    {
        // Whatever can be read only once belongs to the provider.
        if (messages is IReadOnlyCollection<ChatMessage> whole)
        {
            Arrived($"{endpoint.Model}/{endpoint.Endpoint}", endpoint.Geography, whole.Select(static message => message.Text));
        }
    }

    /// <summary>A search is made. One without a geography runs in the application's own process: nothing goes out.</summary>
    public void OnSearched(string name, string? geography, string query)
    {
        if (geography is not null)
        {
            Arrived(name, geography, [query]);
        }
    }

    private void Arrived(string place, string? geography, IEnumerable<string> texts)
    {
        foreach (var number in texts.SelectMany(MarksIn).Distinct().ToArray())
        {
            var within = residencies[number].Within;
            Interlocked.Increment(ref _arrivals);

            // By the list itself, not by the rule that the ladder goes by.
            if (geography is null || !within.Contains(geography, StringComparer.OrdinalIgnoreCase))
            {
                lock (_lock)
                {
                    var key = (place, geography, string.Join(", ", within));
                    _violations[key] = _violations.GetValueOrDefault(key) + 1;
                }
            }
        }
    }

    private IEnumerable<int> MarksIn(string text)
    {
        var strokes = 0;
        foreach (var character in text)
        {
            if (character == Stop && strokes > 0 && strokes <= residencies.Count)
            {
                yield return strokes - 1;
            }

            strokes = character == Stroke ? strokes + 1 : 0;
        }
    }
}
