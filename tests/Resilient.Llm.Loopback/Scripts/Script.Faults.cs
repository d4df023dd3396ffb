namespace Resilient.Llm.Loopback;

/// <content>Answers that go wrong on the way.</content>
public sealed partial record Script
{
    /// <summary>Reads the request and never answers, not even with headers.</summary>
    public static Script HangBeforeHeaders() => new() { Fault = ScriptFault.HangBeforeHeaders };

    /// <summary>
    /// Sends headers and the events that precede content (Anthropic <c>message_start</c>, OpenAI the role), then nothing.
    /// Plain: headers with a Content-Length, and no body.
    /// </summary>
    public static Script HangBeforeContent() => StallAfter(0);

    /// <summary>
    /// Sends the preamble, then only keep-alives, for ever: Anthropic <c>ping</c> events, OpenAI comment lines. Plain: white space, as
    /// gateways send it to keep a slow answer's connection open.
    /// </summary>
    public static Script KeepAlivesOnly(TimeSpan? interval = null)
    {
        var script = Faulty(ScriptFault.KeepAlives, 0, SomeAnswer);
        return interval is { } every ? script with { KeepAliveInterval = every } : script;
    }

    /// <summary>Resets the connection (TCP RST) as soon as the request is read.</summary>
    public static Script ConnectionReset() => new() { Fault = ScriptFault.ResetBeforeHeaders };

    /// <summary>Resets the connection (TCP RST) in the middle of the body.</summary>
    public static Script ResetAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.Reset, contents, text);

    /// <summary>
    /// Closes the connection in the middle of the body: the end is not announced. Plain: a Content-Length is promised and half of it sent.
    /// </summary>
    public static Script CutAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.Cut, contents, text);

    /// <summary>Stops sending and keeps the connection open. Plain: half of the promised body, then nothing.</summary>
    public static Script StallAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.Stall, contents, text);

    /// <summary>Sends an event whose JSON breaks off, then a clean end. Plain: a complete response whose JSON breaks off.</summary>
    public static Script MalformedChunkAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.Malformed, contents, text);

    /// <summary>
    /// Sends an error inside the 200 stream, then a clean end: Anthropic <c>event: error</c> with <c>overloaded_error</c>, OpenAI
    /// <c>data: {"error": …}</c>. Plain: status 200 with an error body.
    /// </summary>
    public static Script ErrorEventAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.ErrorEvent, contents, text);

    /// <summary>
    /// Ends the body cleanly, as if that had been all: no finish reason, no closing event. What a proxy does that hides a cut.
    /// Plain: with 0 an empty body, otherwise JSON that breaks off.
    /// </summary>
    public static Script EndAfter(int contents, string text = SomeAnswer) => Faulty(ScriptFault.CleanEnd, contents, text);

    private static Script Faulty(ScriptFault fault, int contents, string text)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(contents);
        return new() { Fault = fault, AfterContents = contents, Text = text };
    }
}
