using Resilient.Llm.Shared;

namespace Resilient.Llm.LastResort;

/// <summary>Divides the time until a deadline between rules, searches and writing the answer.</summary>
internal readonly struct AnswerTime(TimeProvider timeProvider, long deadline)
{
    /// <summary>Reserved for merging and writing: a late answer is none.</summary>
    private static readonly TimeSpan _writing = TimeSpan.FromMilliseconds(25);

    /// <summary>When a rule that starts now must end, as a timestamp: after half of the time left, since a search may follow.</summary>
    public long EndOfRules(TimeSpan atMost)
    {
        var share = Left is { } left ? left / 2 : atMost;
        return After(share < atMost ? share : atMost);
    }

    /// <summary>When the searches must end, as a timestamp: all the time left except some for writing.</summary>
    public long EndOfSearch(TimeSpan atMost)
    {
        var share = Left is { } left ? left - (left / 10 < _writing ? left / 10 : _writing) : atMost;
        return After(share < atMost ? share : atMost);
    }

    /// <summary>The time left until a timestamp; negative once it has passed.</summary>
    public TimeSpan Until(long timestamp) => timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), timestamp);

    /// <summary>The time left until the deadline; null without one.</summary>
    private TimeSpan? Left => deadline == long.MaxValue ? null : Until(deadline);

    private long After(TimeSpan time) => timeProvider.TimestampIn(time > TimeSpan.Zero ? time : TimeSpan.Zero);
}
