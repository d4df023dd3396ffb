namespace Resilient.Llm.Failures;

/// <summary>Combines what a provider's answer says: status, codes, and, where there are none, sentences.</summary>
internal static class ProviderError
{
    /// <summary>The kind of failure; null when the exception tells nothing about an answer.</summary>
    public static FailureKind? KindOf(int? status, in SdkException sdk, Exception exception)
    {
        if (status is >= 500 and < 600)
        {
            return FailureKind.ServerError;
        }

        if (status is null && sdk is { Code: null, Type: null, Body: null })
        {
            return null;
        }

        // The message of an exception may quote anything: it counts only without a body, and a body inside it before the text around it.
        // Message is virtual: foreign code.
        var message = !sdk.HasBody && status is not null ? ForeignCode.Try(exception, static e => e.Message) : null;
        var body = sdk.Body ?? ErrorBody.Find(message);
        var text = body is null ? message : body.Message;
        var code = body?.Code ?? sdk.Code ?? CodeInFirstLine(message);
        var type = body?.Type ?? sdk.Type;
        var said = ErrorCodes.Specific(code) ?? ErrorCodes.Specific(sdk.Code) ?? ErrorCodes.Specific(type);

        if (IsTooLarge(status, said, code, type, text))
        {
            return FailureKind.ContextTooLong;
        }

        if (status is null or (>= 100 and < 300))
        {
            // An error inside an answer that began well.
            said ??= ErrorPhrases.Find(text, null, MayBeRate(code, type, sdk)) ?? ErrorCodes.General(code) ?? ErrorCodes.General(type)
                ?? ErrorCodes.General(sdk.Code) ?? ErrorCodes.General(body?.Number);
            return said ?? (status is null && body is null ? null : FailureKind.InvalidResponse);
        }

        return said ?? ErrorPhrases.Find(text, status, MayBeRate(code, type, sdk)) ?? FailureTable.FromStatus(status.Value);
    }

    public static FailureKind KindOf(string? code, string? message) =>
        IsTooLarge(null, ErrorCodes.Specific(code), code, null, message) ? FailureKind.ContextTooLong
        : ErrorCodes.Specific(code) ?? ErrorPhrases.Find(message, null, ErrorCodes.General(code) == FailureKind.RateLimited)
            ?? ErrorCodes.General(code) ?? FailureKind.InvalidResponse;

    /// <summary>Whether the request is larger than a limit, whichever status or code the provider reports that with.</summary>
    /// <remarks>
    /// A request that exceeds the tokens of a minute all by itself comes back with the code of a rate limit: waiting does not make it
    /// smaller. So the words decide over such a code, and over none.
    /// </remarks>
    private static bool IsTooLarge(int? status, FailureKind? said, string? code, string? type, string? text) =>
        said is null or FailureKind.RateLimited
        && (status == 413
            || (status is null or (>= 100 and < 300) or 400 or 422 or 429
                && (RequestSize.IsToBlame(text, mayBeRate: status == 429 || said == FailureKind.RateLimited)
                    || (said is null && (RequestSize.IsToBlame(code) || RequestSize.IsToBlame(type))))));

    private static bool MayBeRate(string? code, string? type, in SdkException sdk) =>
        sdk.RetryAfter is not null
        || ErrorCodes.General(type) == FailureKind.RateLimited
        || ErrorCodes.General(code) == FailureKind.RateLimited;

    /// <summary>The code in a message that begins with "HTTP 400 (type: code)", as System.ClientModel's do.</summary>
    private static string? CodeInFirstLine(string? message)
    {
        if (message?.StartsWith("HTTP ", StringComparison.Ordinal) != true)
        {
            return null;
        }

        var line = message.AsSpan();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        var open = line.IndexOf('(');
        var close = line.IndexOf(')');
        return open < 0 || close < open ? null : line[(open + 1)..close].ToString().Split(':')[^1].Trim();
    }
}
