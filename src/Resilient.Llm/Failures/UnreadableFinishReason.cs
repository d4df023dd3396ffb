namespace Resilient.Llm.Failures;

/// <summary>The exception with which OpenAI's SDK gives up an answer whose finish reason it does not know, or that has none.</summary>
internal static class UnreadableFinishReason
{
    /// <summary>Whether it is that exception. <paramref name="word"/>: the reason, if there was one.</summary>
    public static bool Is(Exception? exception, out string? word)
    {
        word = null;
        if (exception is not ArgumentOutOfRangeException unknown
            || !unknown.Message.StartsWith("Unknown ChatFinishReason", StringComparison.Ordinal))
        {
            return false;
        }

        word = unknown.ActualValue as string is { Length: > 0 } reason ? reason : null;
        return true;
    }
}
