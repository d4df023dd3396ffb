namespace Resilient.Llm.Chaos.GameDays;

/// <summary>One request of the load, as drawn.</summary>
/// <remarks>The residency is an index into the load's residencies; null if unbound.</remarks>
internal sealed record GameDayRequest(TimeSpan At, string Question, bool IsStreaming, string? Tenant, int? Residency);

/// <summary>Draws the requests of a load, in the order of their arrival.</summary>
/// <remarks>
/// A Poisson process with a rising rate: unit-exponential gaps, mapped through the inverse of the expected count (time-rescaling theorem).
/// Each request makes the same number of draws, so another share of streams does not change the arrivals.
/// </remarks>
internal sealed class GameDayArrivals(GameDayLoad load)
{
    private readonly SeededRandom _random = new((ulong)load.Seed);
    private double _expected;
    private int _number;

    public GameDayRequest Next()
    {
        _expected += _random.NextExponential(1);
        _number++;
        var (stream, question, isNew, tenant, residency) = (
            _random.NextDouble(), _random.NextDouble(), _random.NextDouble(), _random.NextDouble(), _random.NextDouble());
        var text = Pick(load.Questions, question)!;
        return new(
            TimeAt(_expected),
            isNew < load.NewQuestions ? FormattableString.Invariant($"{text} ({_number})") : text,
            stream < load.Streams,
            Pick(load.Tenants, tenant),
            Bound(residency));
    }

    private static string? Pick(IReadOnlyList<string> texts, double drawn) => texts.Count == 0 ? null : texts[(int)(drawn * texts.Count)];

    /// <summary>When this many requests are expected to have arrived: the rate rises linearly, then stays.</summary>
    private TimeSpan TimeAt(double count)
    {
        var (rate, ramp) = (load.RequestsPerSecond, load.RampUp.TotalSeconds);
        var seconds = count < rate * ramp / 2 ? Math.Sqrt(2 * ramp * count / rate) : (count / rate) + (ramp / 2);
        return seconds < TimeSpan.FromDays(2).TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.FromDays(2);
    }

    private int? Bound(double drawn)
    {
        for (var i = 0; i < load.Residencies.Count; i++)
        {
            drawn -= load.Residencies[i].Share;
            if (drawn < 0)
            {
                return i;
            }
        }

        return null;
    }
}
