namespace Resilient.Llm;

/// <summary>What went wrong with one attempt to get an answer. The whole library uses this vocabulary.</summary>
/// <remarks>
/// <see cref="ChatFailureClassifier"/> turns exceptions and bad answers into these kinds; <see cref="FailureReaction"/> says what follows.
/// </remarks>
public enum FailureKind
{
    /// <summary>Nothing known fits. Treated as a failure of the endpoint and counted in telemetry.</summary>
    Unknown = 0,

    /// <summary>No answer, no first content or no further content in time; or a cancellation that the caller did not ask for.</summary>
    Timeout,

    /// <summary>The provider asked for fewer requests (HTTP 429).</summary>
    RateLimited,

    /// <summary>The account has no quota or credit left (HTTP 402, or 429 with <c>insufficient_quota</c>).</summary>
    QuotaExhausted,

    /// <summary>The provider failed (HTTP 5xx, 529 overloaded, 408, 409).</summary>
    ServerError,

    /// <summary>No HTTP answer at all, or one cut off: socket, DNS, TLS and IO failures.</summary>
    Network,

    /// <summary>The key was refused (HTTP 401, 403). The configuration must be corrected.</summary>
    Unauthorized,

    /// <summary>The model does not exist, was retired, or is not offered here (HTTP 404).</summary>
    ModelUnavailable,

    /// <summary>The conversation does not fit the model's context window.</summary>
    ContextTooLong,

    /// <summary>The provider's content filter or the model itself refused to answer.</summary>
    ContentFiltered,

    /// <summary>The request is malformed (HTTP 400, 422): the caller's mistake, not the endpoint's.</summary>
    InvalidRequest,

    /// <summary>
    /// Success in name only: an empty answer, an error inside the answer, a tool call that cannot be read, a stream that ended without a
    /// finish reason.
    /// </summary>
    InvalidResponse,

    /// <summary>Not tried: the endpoint's circuit is open.</summary>
    CircuitOpen,

    /// <summary>Not tried: refused by our own rate limiter, a cooldown, a residency rule or the time budget.</summary>
    Rejected,

    /// <summary>The caller cancelled.</summary>
    Cancelled,

    /// <summary>
    /// The model cannot do what the request needs: tools, images, structured output. Another model may; this one is healthy.
    /// </summary>
    Unsupported,

    /// <summary>
    /// The answer reached its token limit before its first content, for example with reasoning alone: another model may need fewer tokens.
    /// </summary>
    TokenLimitReached,
}
