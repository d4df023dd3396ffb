using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Timeouts;

/// <summary>When an attempt must have answered, as a timestamp.</summary>
internal static class AttemptDeadline
{
    /// <summary>The earliest of the bound, the time share and the request's deadline; <see cref="long.MaxValue"/>: none.</summary>
    public static long Of(ChatOptions? options, TimeSpan? own, TimeProvider timeProvider)
    {
        var due = DerivedOptions.Find(options) is { Context: { } context } request
            ? Math.Min(request.Attempt.Deadline, context.Deadline)
            : long.MaxValue;
        return own is { } bound && bound != Timeout.InfiniteTimeSpan
            ? Math.Min(due, timeProvider.TimestampIn(bound))
            : due;
    }
}
