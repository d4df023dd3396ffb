namespace Resilient.Llm.Failures;

/// <summary>Says whether a rate limit came without its Retry-After because the client hides it, and not because there was none.</summary>
internal static class RetryAfterHint
{
    /// <summary>True if the provider answered, and neither a handler nor the exception shows the answer's headers.</summary>
    public static bool IsDue(Exception exception) =>
        ExceptionWalk.First(exception, static e => IsHttp(e) ? e : null) is not null
        && ExceptionWalk.First(exception, static e => ShowsHeaders(e) ? e : null) is null;

    private static bool IsHttp(Exception exception) =>
        exception is HttpRequestException { StatusCode: not null } || SdkExceptionReader.Read(exception, TimeProvider.System).Status is > 0;

    private static bool ShowsHeaders(Exception exception)
    {
        var sdk = SdkExceptionReader.Read(exception, TimeProvider.System);
        return sdk.ShowsHeaders
            || sdk.RetryAfter is not null
            || ForeignCode.Try(exception, static e => e.Data[RetryAfterHeader.DataKey]) is not null;
    }
}
