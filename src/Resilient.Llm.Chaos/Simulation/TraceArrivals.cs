namespace Resilient.Llm.Chaos.Simulation;

internal sealed class TraceArrivals : ChatArrivals
{
    private const long LongestTrace = 7 * TimeSpan.MillisecondsPerDay;
    private const int MostTokens = 10_000_000;

    private readonly (long Offset, ChatSize Size)[] _trace;
    private readonly long _length;
    private readonly double _repeats;

    private TraceArrivals((long Offset, ChatSize Size)[] trace, double perSecond)
    {
        _trace = trace;
        _length = ((trace[^1].Offset / TimeSpan.TicksPerMinute) + 1) * TimeSpan.TicksPerMinute;
        _repeats = perSecond * TimeSpan.FromTicks(_length).TotalSeconds / trace.Length;
    }

    public static TraceArrivals Read(string path, double perSecond)
    {
        using var file = new CsvFile(path, "offset_ms", "prompt_tokens", "completion_tokens");
        var trace = new List<(long Offset, ChatSize Size)>();
        while (file.MoveNext())
        {
            var offset = file.Number(0, 0, LongestTrace) * TimeSpan.TicksPerMillisecond;
            trace.Add((offset, new((int)file.Number(1, 0, MostTokens), (int)file.Number(2, 1, MostTokens))));
        }

        if (trace.Count == 0)
        {
            throw file.Mistake("there is no request in it");
        }

        return new([.. trace.OrderBy(static request => request.Offset)], perSecond);
    }

    public override IEnumerable<ChatArrival> Draw(TimeWindow window, SeededRandom random)
    {
        // Starts one repetition earlier, because repeated requests may arrive up to a minute later.
        var first = (window.Start.UtcTicks / _length) - 1;
        var kept = new List<(long At, ChatSize Size)>();
        var later = new List<(long At, ChatSize Size)>();
        for (var start = first * _length; start < window.End.UtcTicks; start += _length)
        {
            (kept, later) = (later, kept);
            later.Clear();
            Repeat(start, random, kept, later);
            kept.Sort(static (one, other) => one.At.CompareTo(other.At));
            foreach (var (at, size) in kept)
            {
                if (at >= window.Start.UtcTicks && at < window.End.UtcTicks)
                {
                    yield return new(new(at, TimeSpan.Zero), size);
                }
            }
        }
    }

    /// <summary>Draws one repetition of the trace. Arrivals after its end go to the next.</summary>
    private void Repeat(long start, SeededRandom random, List<(long At, ChatSize Size)> now, List<(long At, ChatSize Size)> later)
    {
        foreach (var (offset, size) in _trace)
        {
            var times = (int)_repeats + (random.NextDouble() < _repeats % 1 ? 1 : 0);
            for (var i = 0; i < times; i++)
            {
                var displaced = offset + (i == 0 ? 0 : (long)(random.NextDouble() * TimeSpan.TicksPerMinute));
                (displaced < _length ? now : later).Add((start + displaced, size));
            }
        }
    }
}
