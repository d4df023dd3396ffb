using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Observes where bound questions arrive, independently of options and reports: it reads marks in the text.</summary>
/// <remarks>
/// The mark is the index of the residency, as that many invisible separators (U+2063) followed by an invisible plus (U+2064). It is at the
/// beginning, because searches get only the start of long questions, and does not change matching in rules, searches or caches. Observed
/// before the guard of an endpoint, and before a search with a geography. Thread-safe.
/// </remarks>
internal sealed class GameDayWitness(IReadOnlyList<GameDayResidency> residencies)
{
    private const char Stroke = '\u2063';
    private const char Stop = '\u2064';

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Place, string? Geography, string Bound), long> _violations = [];
    private long _arrivals;

    /// <summary>How often a marked question arrived.</summary>
    public long Arrivals => Volatile.Read(ref _arrivals);

    /// <summary>Arrivals outside the allowed geographies: place, its geography, the binding, and the count.</summary>
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

    public void OnSent(ChatEndpointInfo endpoint, IEnumerable<ChatMessage> messages)
    {
        // Only the provider may enumerate single-use messages.
        if (messages is IReadOnlyCollection<ChatMessage> whole)
        {
            Arrived($"{endpoint.Model}/{endpoint.Endpoint}", endpoint.Geography, whole.Select(static message => message.Text));
        }
    }

    /// <summary>A search without a geography runs in process: no data goes out.</summary>
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

            // Compares with the list itself, independently of the library's own rule.
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
