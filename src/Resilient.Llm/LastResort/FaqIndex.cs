using Resilient.Llm.Shared;

namespace Resilient.Llm.LastResort;

/// <summary>Questions with their answers, ranked in memory.</summary>
/// <remarks>
/// Ranking is Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) with k1 = 1.2, b = 0.75 and the
/// simple form of weighted fields of the same paper: a word of the question counts twice. A question is taken for a stored one when the two share
/// at least 80 % of their words, each weighted by its rarity (a weighted Jaccard index): one unexpected word, such as "not", is usually
/// enough to lose that. Linear in the number of entries. Immutable and thread-safe.
/// </remarks>
internal sealed class FaqIndex
{
    private const double K1 = 1.2;
    private const double B = 0.75;
    private const int QuestionWeight = 2;
    private const double SameQuestion = 0.8;
    private const int MaxTerms = 64;

    private readonly Entry[] _entries;
    private readonly Dictionary<string, int> _documentFrequency = new(StringComparer.Ordinal);
    private readonly double _averageLength;

    public FaqIndex(IEnumerable<(string Question, string Answer)> pairs)
    {
        _entries = [.. pairs.Select(static p => new Entry(p.Question, p.Answer))];
        foreach (var word in _entries.SelectMany(static e => e.Frequencies.Keys))
        {
            _documentFrequency[word] = _documentFrequency.GetValueOrDefault(word) + 1;
        }

        _averageLength = _entries.Length == 0 ? 1 : Math.Max(1, _entries.Average(static e => (double)e.Length));
    }

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The answer to this very question, in about these very words; null when none is stored.</summary>
    public string? FindAnswer(string question)
    {
        var asked = SearchTerms.Words(question).Take(4 * MaxTerms).ToHashSet(StringComparer.Ordinal);
        if (asked.Count is 0 or > MaxTerms)
        {
            return null;
        }

        var askedWeight = asked.Sum(Rarity);
        var (best, bestSimilarity) = ((Entry?)null, 0.0);
        foreach (var entry in _entries)
        {
            var shared = asked.Where(entry.QuestionWords.Contains).Sum(Rarity);
            var similarity = shared / (askedWeight + entry.QuestionWords.Sum(Rarity) - shared);
            if (similarity > bestSimilarity)
            {
                (best, bestSimilarity) = (entry, similarity);
            }
        }

        return bestSimilarity >= SameQuestion ? best!.Answer : null;
    }

    /// <summary>The entries that fit best, best first.</summary>
    public IReadOnlyList<SearchResult> Search(string question, int maxResults)
    {
        var terms = SearchTerms.ForQuery(question, MaxTerms);
        return
        [
            .. _entries
                .Select(entry => (Entry: entry, Score: terms.Sum(term => Score(entry, term))))
                .Where(static scored => scored.Score > 0)
                .OrderByDescending(static scored => scored.Score)
                .Take(maxResults)
                .Select(static scored => new SearchResult(scored.Entry.Question, scored.Entry.Answer, null, scored.Score)),
        ];
    }

    private double Score(Entry entry, string term) =>
        entry.Frequencies.TryGetValue(term, out var frequency)
            ? Rarity(term) * frequency * (K1 + 1) / (frequency + (K1 * (1 - B + (B * entry.Length / _averageLength))))
            : 0;

    /// <summary>Inverse document frequency, in the form that is never negative. A word that is nowhere is the rarest.</summary>
    private double Rarity(string word)
    {
        var containing = _documentFrequency.GetValueOrDefault(word);
        return Math.Log(1 + ((_entries.Length - containing + 0.5) / (containing + 0.5)));
    }

    private sealed class Entry
    {
        public Entry(string question, string answer)
        {
            Question = question;
            Answer = answer;
            foreach (var word in SearchTerms.Words(question))
            {
                QuestionWords.Add(word);
                Count(word, QuestionWeight);
            }

            foreach (var word in SearchTerms.Words(answer))
            {
                Count(word, 1);
            }
        }

        public string Question { get; }

        public string Answer { get; }

        public HashSet<string> QuestionWords { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, int> Frequencies { get; } = new(StringComparer.Ordinal);

        public int Length { get; private set; }

        private void Count(string word, int weight)
        {
            Frequencies[word] = Frequencies.GetValueOrDefault(word) + weight;
            Length += weight;
        }
    }
}
