namespace Resilient.Llm.Caching;

/// <summary>A good answer, kept for the next time its question is asked. Immutable.</summary>
/// <param name="Content">What it says.</param>
/// <param name="StoredAt">When it was given.</param>
/// <param name="IsFirstStep">Whether the first rung gave it; else a lesser model did.</param>
internal sealed record StoredAnswer(AnswerContent Content, DateTimeOffset StoredAt, bool IsFirstStep)
{
    /// <summary>A clock that lags behind the one that wrote the entry by no more than this is taken for the same; beyond it, the entry is not believed.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public bool IsFresh(DateTimeOffset now, TimeSpan maxAge) => now - StoredAt < maxAge && StoredAt - now <= ClockTolerance;

    public TimeSpan AgeAt(DateTimeOffset now) => now > StoredAt ? now - StoredAt : TimeSpan.Zero;
}
