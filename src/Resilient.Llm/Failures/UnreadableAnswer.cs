namespace Resilient.Llm.Failures;

/// <summary>
/// The exceptions with which SDKs give up an answer that they cannot read, and whose types would say something else. OpenAI's: one whose
/// finish reason is missing or unknown to it, and an error body in place of an answer. OllamaSharp's: an answer without its last line, as
/// an empty body and an error body are.
/// </summary>
internal static class UnreadableAnswer
{
    /// <summary>Whether it is such an exception. <paramref name="reason"/>: the finish reason, if there was one.</summary>
    public static bool Is(Exception? exception, out string? reason)
    {
        reason = null;
        if (exception is InvalidOperationException { Source: "OllamaSharp" })
        {
            return exception.Message.Contains("Done=true", StringComparison.Ordinal);
        }

        // The Responses client cannot read an error without a code.
        if (exception is ArgumentNullException { Source: "OpenAI" })
        {
            return exception.StackTrace?.Contains(".Deserialize", StringComparison.Ordinal) == true;
        }

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
