namespace Resilient.Llm.Chaos;

/// <summary>The kinds of faults, modelled on real providers and networks.</summary>
/// <remarks>
/// Faults of streams (<see cref="SlowStream"/>, <see cref="CutStream"/>, <see cref="StalledStream"/>, <see cref="MalformedChunk"/>, <see
/// cref="ErrorEvent"/>, <see cref="NoFinishReason"/>) state their effect on a plain call. A dependency other than a model has no chat
/// answer: there <see cref="ContentFiltered"/>, <see cref="EmptyAnswer"/>, <see cref="ErrorEvent"/> and <see cref="NoFinishReason"/> throw
/// an <see cref="InvalidDataException"/>.
/// </remarks>
public enum ChaosFaultKind
{
    /// <summary>A delay before a plain call or before the first content of a stream.</summary>
    Latency,

    /// <summary>A delay before every update of a stream. A plain call: one delay.</summary>
    SlowStream,

    /// <summary>The connection is refused: no process listens at the address.</summary>
    ConnectionRefused,

    /// <summary>The connection is reset before an answer.</summary>
    ConnectionReset,

    /// <summary>The name does not resolve.</summary>
    NameResolution,

    /// <summary>The TLS handshake fails.</summary>
    TlsFailure,

    /// <summary>429, with <see cref="ChaosFault.RetryAfter"/> if set.</summary>
    RateLimited,

    /// <summary>429 because the credit is used up.</summary>
    QuotaExhausted,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>529, overloaded.</summary>
    Overloaded,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>404: the model no longer exists.</summary>
    ModelUnavailable,

    /// <summary>400: malformed request.</summary>
    InvalidRequest,

    /// <summary>400: the conversation is too long.</summary>
    ContextTooLong,

    /// <summary>A content filter ends the answer, without content.</summary>
    ContentFiltered,

    /// <summary>No response until the caller gives up or the experiment ends.</summary>
    Hang,

    /// <summary>As <see cref="Hang"/>, but ignores its cancellation token, as some SDKs do.</summary>
    DeafHang,

    /// <summary>Keep-alive updates without content, one per second, without end. A plain call: no response.</summary>
    KeepAlivesOnly,

    /// <summary>An answer without content that ends normally.</summary>
    EmptyAnswer,

    /// <summary>An error inside a stream, after <see cref="ChaosFault.AfterContents"/>. A plain call: an error inside a 200.</summary>
    ErrorEvent,

    /// <summary>The connection breaks after <see cref="ChaosFault.AfterContents"/>. A plain call: in the middle of the body.</summary>
    CutStream,

    /// <summary>The stream stops without closing after <see cref="ChaosFault.AfterContents"/>. A plain call: no response.</summary>
    StalledStream,

    /// <summary>An unreadable update after <see cref="ChaosFault.AfterContents"/>. A plain call: an unreadable body.</summary>
    MalformedChunk,

    /// <summary>The stream ends after <see cref="ChaosFault.AfterContents"/>, without a finish reason. A plain call: no content.</summary>
    NoFinishReason,

    /// <summary>A dependency's connection breaks: an <see cref="IOException"/>. A model: as <see cref="ConnectionReset"/>.</summary>
    Severed,
}
