namespace Resilient.Llm.Failures;

/// <summary>
/// The exceptions with which OpenAI's SDK gives up a Chat Completions answer that it cannot read: one whose finish reason is missing or
/// unknown to it, and an error body in place of an answer.
/// </summary>
internal static class UnreadableAnswer
{
    /// <summary>Whether it is such an exception. <paramref name="reason"/>: the finish reason, if there was one.</summary>
    public static bool Is(Exception? exception, out string? reason)
    {
        reason = null;
        if (exception is not ArgumentOutOfRangeException unreadable)
        {
            return false;
        }

        if (unreadable.Message.StartsWith("Unknown ChatFinishReason", StringComparison.Ordinal))
        {
            reason = unreadable.ActualValue as string is { Length: > 0 } word ? word : null;
            return true;
        }

        // It looks for the first choice of an answer that has none.
        return unreadable is { ParamName: "index", Source: "OpenAI" };
    }
}
