namespace Resilient.Llm.Loopback;

/// <summary>
/// How a <see cref="Script"/> goes wrong, and at which moment. Statuses are not faults here: see <see cref="Script.Status"/>.
/// </summary>
public enum ScriptFault
{
    /// <summary>The answer is complete.</summary>
    None,

    /// <summary>The request is read, then nothing is sent, for ever.</summary>
    HangBeforeHeaders,

    /// <summary>The connection is reset (TCP RST) before any header.</summary>
    ResetBeforeHeaders,

    /// <summary>After <see cref="Script.AfterContents"/> contents nothing more is sent, and the connection stays open.</summary>
    Stall,

    /// <summary>After <see cref="Script.AfterContents"/> contents only keep-alives are sent, for ever.</summary>
    KeepAlives,

    /// <summary>After <see cref="Script.AfterContents"/> contents the connection closes (FIN) in the middle of the body.</summary>
    Cut,

    /// <summary>After <see cref="Script.AfterContents"/> contents the connection is reset (TCP RST).</summary>
    Reset,

    /// <summary>After <see cref="Script.AfterContents"/> contents comes an event whose JSON breaks off, then a clean end.</summary>
    Malformed,

    /// <summary>After <see cref="Script.AfterContents"/> contents comes the protocol's in-band error, then a clean end.</summary>
    ErrorEvent,

    /// <summary>After <see cref="Script.AfterContents"/> contents the body ends cleanly, as if that had been all.</summary>
    CleanEnd,

    /// <summary>
    /// After <see cref="Script.AfterContents"/> contents come lines of HTML, as a proxy sends them, then a clean end. Plain: the same
    /// in the middle of the body.
    /// </summary>
    NoEvents,

    /// <summary>
    /// After <see cref="Script.AfterContents"/> contents comes an event that breaks off in the middle of a UTF-8 character, and the
    /// connection closes. Plain: the same in the middle of the body.
    /// </summary>
    HalfCharacter,

    /// <summary>
    /// After <see cref="Script.AfterContents"/> contents comes an event of a type that no SDK knows, and the answer goes on: providers
    /// add such types at any time. Plain: a field that no SDK knows.
    /// </summary>
    UnknownEvent,

    /// <summary>The event before the place of the fault comes a second time, and the answer goes on. Plain: as if all were well.</summary>
    Repeat,
}
