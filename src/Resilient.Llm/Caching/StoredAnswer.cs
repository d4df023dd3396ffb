namespace Resilient.Llm.Caching;

/// <summary>A good answer, kept for the next time its question is asked. Immutable.</summary>
internal sealed record StoredAnswer(AnswerContent Content, DateTimeOffset StoredAt, bool IsFirstStep)
{
    /// <summary>A clock that is behind the writer's by at most this counts as the same; beyond it, the entry is not trusted.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public bool IsFresh(DateTimeOffset now, TimeSpan maxAge) => now - StoredAt < maxAge && StoredAt - now <= ClockTolerance;

    public TimeSpan AgeAt(DateTimeOffset now) => now > StoredAt ? now - StoredAt : TimeSpan.Zero;
}
