namespace Resilient.Llm;

/// <summary>Divides what is left of a request's time between the models that may still be asked.</summary>
internal sealed class TimeShare(ChatFallbackOptions options)
{
    /// <summary>The timestamp by which the next model must have answered; null when what it would get is too little to ask it.</summary>
    public long? Slice(RequestTrace trace, bool isLastModel, bool keepsReserve)
    {
        if (trace.Deadline == long.MaxValue)
        {
            return long.MaxValue;
        }

        // Short deadlines shrink the reserve and the minimum with them: one second must still reach a second model.
        var time = trace.TimeProvider;
        var now = trace.AttemptStartedAt;
        var whole = trace.Deadline - trace.StartedAt;
        var reserve = keepsReserve ? Math.Min(time.ToTimestampUnits(options.Reserve), whole / 10) : 0;
        var minimum = Math.Min(time.ToTimestampUnits(options.MinimumAttempt), whole / 5);
        var left = trace.Deadline - reserve - now;
        if (left < minimum || left <= 0)
        {
            return null;
        }

        return now + (isLastModel ? left : Math.Max((long)(left * options.AttemptShare), minimum));
    }
}
