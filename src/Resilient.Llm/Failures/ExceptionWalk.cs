using Polly;

namespace Resilient.Llm.Failures;

/// <summary>An exception and everything inside it, flattened: outermost first, aggregates in their own order.</summary>
/// <remarks>Bounded in depth and number: an exception may be malicious. Cycles cannot be built.</remarks>
internal static class ExceptionWalk
{
    private const int MaxExceptions = 128;
    private const int MaxDepth = 48;

    public static bool Any<T>(Exception exception)
        where T : Exception
    {
        var left = MaxExceptions;
        return Search(exception, static e => e as T, true, 0, ref left) is not null;
    }

    /// <summary>The first answer to a question asked of each exception, but not of those inside our own exceptions.</summary>
    public static T? First<T>(Exception exception, Func<Exception, T?> question)
        where T : class
    {
        var left = MaxExceptions;
        return Search(exception, question, false, 0, ref left);
    }

    /// <summary>
    /// The built-in verdict on the tree: the most informative exception decides; of equals the outermost, in an aggregate the last.
    /// </summary>
    public static ExceptionVerdict Judge(Exception exception, TimeProvider timeProvider, out TimeSpan? retryAfter)
    {
        var left = MaxExceptions;
        retryAfter = null;
        return Judge(exception, timeProvider, 0, ref left, ref retryAfter);
    }

    /// <summary>Exceptions whose inner ones were classified when they were raised: an older failure, or one under other rows.</summary>
    private static bool IsClosed(Exception exception) => exception is ResilientChatException or ExecutionRejectedException;

    private static T? Search<T>(Exception exception, Func<Exception, T?> question, bool intoClosed, int depth, ref int left)
        where T : class
    {
        if (--left < 0 || depth > MaxDepth)
        {
            return null;
        }

        if (question(exception) is { } answer)
        {
            return answer;
        }

        if (exception is not AggregateException aggregate)
        {
            return exception.InnerException is { } cause && (intoClosed || !IsClosed(exception))
                ? Search(cause, question, intoClosed, depth + 1, ref left)
                : null;
        }

        foreach (var inner in aggregate.InnerExceptions)
        {
            if (left <= 0)
            {
                break;
            }

            if (Search(inner, question, intoClosed, depth + 1, ref left) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static ExceptionVerdict Judge(Exception exception, TimeProvider timeProvider, int depth, ref int left, ref TimeSpan? wait)
    {
        if (--left < 0 || depth > MaxDepth)
        {
            return ExceptionVerdict.None;
        }

        wait ??= RetryAfterHeader.Read(exception);
        if (exception is AggregateException aggregate)
        {
            var last = ExceptionVerdict.None;
            foreach (var inner in aggregate.InnerExceptions)
            {
                var next = Judge(inner, timeProvider, depth + 1, ref left, ref wait);
                last = next.Weight >= last.Weight ? next : last;
                if (left <= 0)
                {
                    break;
                }
            }

            return last;
        }

        var sdk = SdkExceptionReader.Read(exception, timeProvider);
        wait ??= sdk.RetryAfter;
        var own = ExceptionVerdict.Of(exception, sdk);
        if (IsClosed(exception) || exception.InnerException is not { } cause)
        {
            return own;
        }

        var deeper = Judge(cause, timeProvider, depth + 1, ref left, ref wait);
        return deeper.Weight > own.Weight ? deeper : own;
    }
}
