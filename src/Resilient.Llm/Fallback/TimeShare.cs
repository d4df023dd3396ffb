using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>Divides a request's remaining time between the models that may still be asked.</summary>
internal sealed class TimeShare(ChatFallbackOptions options)
{
    /// <summary>The timestamp by which the next model must answer; null if its time would be too short to ask it.</summary>
    /// <param name="context">The context of the request, or of its continuation: it bounds the whole.</param>
    /// <param name="now">Timestamp at which the model would be asked.</param>
    /// <param name="isLastModel">Whether no model could be asked after it.</param>
    /// <param name="keepsReserve">Whether a step below the models needs time as well.</param>
    public long? Slice(RequestContext context, long now, bool isLastModel, bool keepsReserve)
    {
        if (context.Deadline == long.MaxValue)
        {
            return long.MaxValue;
        }

        // Short deadlines shrink the reserve and the minimum: one second must still reach a second model.
        var time = context.TimeProvider;
        var whole = context.Deadline - context.StartedAt;
        var reserve = keepsReserve ? Math.Min(time.ToTimestampUnits(options.Reserve), whole / 10) : 0;
        var minimum = Math.Min(time.ToTimestampUnits(options.MinimumAttempt), whole / 5);
        var left = context.Deadline - reserve - now;
        if (left < minimum || left <= 0)
        {
            return null;
        }

        return now + (isLastModel ? left : Math.Max((long)(left * options.AttemptShare), minimum));
    }
}
