namespace Resilient.Llm.Loopback;

/// <summary>
/// What <see cref="LoopbackProvider"/> does with one request: an answer, and what goes wrong with it.
/// </summary>
/// <remarks>
/// <para>
/// Immutable and free of state, so one instance serves any number of requests. Start from a factory and vary it with
/// <see langword="with"/>: <c>Script.CutAfter(2) with { ReasoningText = "Hmm." }</c>.
/// </para>
/// <para>
/// A <em>content</em> is one streamed piece of text (a word), the opening of a tool call or one fragment of its arguments. Roles, ids,
/// block openings and reasoning are not contents, so a fault "after 0 contents" comes after the preamble and after the reasoning.
/// A number beyond the end of the answer means: after its last content, before its finish reason.
/// </para>
/// <para>
/// A plain (not streamed) answer has no pieces. There, "after 0 contents" means after the headers, and any higher number in the
/// middle of the JSON body; each factory says what its fault means.
/// </para>
/// </remarks>
public sealed partial record Script
{
    private Script()
    {
    }

    /// <summary>The text of the answer; empty for none.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// Reasoning sent before the answer. Anthropic: a thinking block with a signature. Chat Completions: the <c>reasoning_content</c> field
    /// known from compatible servers. Responses: a reasoning item with a summary, encrypted content where the request includes it.
    /// Ollama: <c>thinking</c>.
    /// </summary>
    public string? ReasoningText { get; init; }

    /// <summary>A tool that the provider runs itself, before the text: Responses and Anthropic only.</summary>
    public ScriptHostedTool? HostedTool { get; init; }

    /// <summary>The tool call sent after the text: the first of <see cref="Tools"/>.</summary>
    public ScriptTool? Tool
    {
        get => Tools.Count > 0 ? Tools[0] : null;
        init => Tools = value is null ? [] : [value];
    }

    /// <summary>The tool calls sent after the text. More than one: parallel calls.</summary>
    public IReadOnlyList<ScriptTool> Tools { get; init; } = [];

    /// <summary>
    /// Words of refusal in OpenAI's own fields; Anthropic sends them as text with the stop reason <c>refusal</c>, Ollama as text.
    /// </summary>
    public string? RefusalText { get; init; }

    /// <summary>Why the answer ends.</summary>
    public ScriptFinish Finish { get; init; }

    /// <summary>
    /// A finish reason to send as it stands, in place of the protocol's word for <see cref="Finish"/>. Responses: the reason of an
    /// incomplete response.
    /// </summary>
    public string? FinishWord { get; init; }

    /// <summary>The code of the error in a Responses answer whose status is <c>failed</c>.</summary>
    public string FailureCode { get; init; } = "server_error";

    /// <summary>What goes wrong.</summary>
    public ScriptFault Fault { get; init; }

    /// <summary>How many contents precede <see cref="Fault"/>.</summary>
    public int AfterContents { get; init; }

    /// <summary>Where <see cref="Fault"/> comes, for places that cannot be counted. Default: as <see cref="AfterContents"/> says.</summary>
    public ScriptPlace Place { get; init; }

    /// <summary>
    /// Of which status <see cref="ScriptFault.ErrorEvent"/> carries the error body; with <see cref="Error"/> where that says more.
    /// <see langword="null"/>: Anthropic's <c>overloaded_error</c>, OpenAI's <c>server_error</c>, Ollama's crash of a runner.
    /// </summary>
    public int? ErrorStatus { get; init; }

    /// <summary>An HTTP status to send in place of an answer; <see langword="null"/> for an answer.</summary>
    public int? StatusCode { get; init; }

    /// <summary>Which body goes with <see cref="StatusCode"/> or <see cref="ErrorStatus"/>.</summary>
    public ScriptError Error { get; init; }

    /// <summary>A body sent as it stands with <see cref="StatusCode"/>, in place of the provider's own.</summary>
    public string? RawBody { get; init; }

    /// <summary>The Retry-After sent with <see cref="StatusCode"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Headers added to the response. A name may come more than once.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>How long the server waits before it does anything. Default: not at all.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>
    /// The server waits for this task before it does anything (and then for <see cref="Delay"/>). For tests that decide when an answer
    /// comes, without a clock.
    /// </summary>
    public Task? HeldUntil { get; init; }

    /// <summary>The pause between the contents of a stream. Default: none.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>The time between keep-alives. Default: 50 ms.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The prompt tokens in the reported usage. Default: 12.</summary>
    public int PromptTokens { get; init; } = 12;

    /// <summary>The completion tokens in the reported usage. Default: one for each content.</summary>
    public int? CompletionTokens { get; init; }
}
