namespace Resilient.Llm.Chaos;

/// <summary>What can go wrong with a call, as providers and networks do it.</summary>
/// <remarks>
/// Those that need a stream to show (<see cref="SlowStream"/>, <see cref="CutStream"/>, <see cref="StalledStream"/>, <see cref="MalformedChunk"/>, <see cref="ErrorEvent"/>, <see cref="NoFinishReason"/>)
/// say what they do to a plain call. A dependency other than a model has no answer to be shaped: there <see cref="ContentFiltered"/>, <see cref="EmptyAnswer"/>, <see cref="ErrorEvent"/> and
/// <see cref="NoFinishReason"/> throw an <see cref="InvalidDataException"/>.
/// </remarks>
public enum ChaosFaultKind
{
    /// <summary>The call goes out late: before the first content of a stream, before a plain call.</summary>
    Latency,

    /// <summary>Every update of a stream comes late. A plain call: late once.</summary>
    SlowStream,

    /// <summary>The connection is refused: no process listens at the address.</summary>
    ConnectionRefused,

    /// <summary>The connection is reset before an answer.</summary>
    ConnectionReset,

    /// <summary>The name does not resolve.</summary>
    NameResolution,

    /// <summary>No secure connection comes about.</summary>
    TlsFailure,

    /// <summary>429, with <see cref="ChaosFault.RetryAfter"/> where set.</summary>
    RateLimited,

    /// <summary>429 for used-up credit.</summary>
    QuotaExhausted,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>529, overloaded.</summary>
    Overloaded,

    /// <summary>401.</summary>
    Unauthorized,

    /// <summary>404: no such model any more.</summary>
    ModelUnavailable,

    /// <summary>400: malformed request.</summary>
    InvalidRequest,

    /// <summary>400: the conversation is too long.</summary>
    ContextTooLong,

    /// <summary>A filter ends the answer, without content.</summary>
    ContentFiltered,

    /// <summary>No life until the caller gives up or the experiment ends.</summary>
    Hang,

    /// <summary>The same, and deaf to its cancellation token, as some SDKs are.</summary>
    DeafHang,

    /// <summary>Signs of life without content, one a second, for ever. A plain call: no life.</summary>
    KeepAlivesOnly,

    /// <summary>An answer without content, with a clean end.</summary>
    EmptyAnswer,

    /// <summary>An error inside a stream that began well, after <see cref="ChaosFault.AfterContents"/>. A plain call: an error inside a 200.</summary>
    ErrorEvent,

    /// <summary>The connection breaks after <see cref="ChaosFault.AfterContents"/>. A plain call: in the middle of the body.</summary>
    CutStream,

    /// <summary>The stream stops without closing after <see cref="ChaosFault.AfterContents"/>. A plain call: no life.</summary>
    StalledStream,

    /// <summary>An update that cannot be read, after <see cref="ChaosFault.AfterContents"/>. A plain call: a body that cannot be read.</summary>
    MalformedChunk,

    /// <summary>The stream ends after <see cref="ChaosFault.AfterContents"/> as if that had been all, without a finish reason. A plain call: an empty answer.</summary>
    NoFinishReason,

    /// <summary>The connection to a dependency is severed: an <see cref="IOException"/> with a socket's inside. A model: read as <see cref="ConnectionReset"/> is.</summary>
    Severed,
}
