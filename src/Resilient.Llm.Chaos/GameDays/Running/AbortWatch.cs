namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Checks the abort conditions after every request. Thread-safe.</summary>
internal sealed class AbortWatch(GameDayAbort? conditions)
{
    private readonly Lock _lock = new();
    private readonly Queue<(TimeSpan EndedAt, bool IsAnswered)> _window = new();
    private int _answered;
    private int _failures;

    /// <summary>The reason to stop, if any.</summary>
    public string? Note(TimeSpan endedAt, bool isAnswered)
    {
        if (conditions is null)
        {
            return null;
        }

        lock (_lock)
        {
            _failures += isAnswered ? 0 : 1;
            _answered += isAnswered ? 1 : 0;
            _window.Enqueue((endedAt, isAnswered));
            while (_window.Peek().EndedAt < endedAt - conditions.Window)
            {
                _answered -= _window.Dequeue().IsAnswered ? 1 : 0;
            }

            if (_failures >= conditions.Failures)
            {
                return $"requests not answered: {_failures}; abort.failures is {conditions.Failures}";
            }

            var share = (double)_answered / _window.Count;
            return _window.Count >= conditions.MinRequests && share < conditions.AnsweredBelow
                ? $"{GameDayText.Share(share)} of {_window.Count} requests within {GameDayText.Of(conditions.Window)} were answered; "
                    + $"abort.answeredBelow is {GameDayText.Share(conditions.AnsweredBelow.Value)}"
                : null;
        }
    }
}
