using Resilient.Llm.Shared;

namespace Resilient.Llm.LastResort;

/// <summary>How the time until a deadline is divided between rules, searches and writing the answer.</summary>
internal readonly struct AnswerTime(TimeProvider timeProvider, long deadline)
{
    /// <summary>Kept for merging and writing the answer: a late answer is none.</summary>
    private static readonly TimeSpan _writing = TimeSpan.FromMilliseconds(25);

    /// <summary>When a step that starts now must end, as a timestamp: rules may take half of what is left, since a search may still follow.</summary>
    public long EndOfRules(TimeSpan atMost)
    {
        var share = Left is { } left ? left / 2 : atMost;
        return After(share < atMost ? share : atMost);
    }

    /// <summary>When the searches must end, as a timestamp: all that is left but a little for writing.</summary>
    public long EndOfSearch(TimeSpan atMost)
    {
        var share = Left is { } left ? left - (left / 10 < _writing ? left / 10 : _writing) : atMost;
        return After(share < atMost ? share : atMost);
    }

    /// <summary>What is left until a timestamp of this clock; negative once it has passed.</summary>
    public TimeSpan Until(long timestamp) => timeProvider.GetElapsedTime(timeProvider.GetTimestamp(), timestamp);

    /// <summary>What is left until the deadline; null without one.</summary>
    private TimeSpan? Left => deadline == long.MaxValue ? null : Until(deadline);

    private long After(TimeSpan time) => timeProvider.TimestampIn(time > TimeSpan.Zero ? time : TimeSpan.Zero);
}
