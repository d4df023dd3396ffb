namespace Resilient.Llm.Loopback;

/// <content>Answers that arrive whole, welcome or not.</content>
public sealed partial record Script
{
    private const string SomeAnswer = "This answer is streamed in several small pieces.";

    /// <summary>A complete answer with finish reason and usage. Streams send it word by word.</summary>
    public static Script Answer(string text = SomeAnswer) => new() { Text = text };

    /// <summary>A complete answer preceded by reasoning; see <see cref="ReasoningText"/>.</summary>
    public static Script Reasoning(string reasoning, string answer = SomeAnswer) => new() { ReasoningText = reasoning, Text = answer };

    /// <summary>A tool call. Streams send the name first, then the arguments in two fragments: three contents.</summary>
    /// <param name="name">The name of the function.</param>
    /// <param name="argumentsJson">The arguments as a JSON object.</param>
    /// <param name="text">Text before the call; by default none.</param>
    public static Script ToolCall(string name, string argumentsJson, string text = "") =>
        new() { Text = text, Tool = new ScriptTool(name, argumentsJson) };

    /// <summary>Several tool calls at once. The ids of the calls must differ.</summary>
    public static Script ToolCalls(params IReadOnlyList<ScriptTool> tools) => new() { Tools = tools };

    /// <summary>A search that the provider runs itself, then an answer. Protocols without such tools send the answer alone.</summary>
    public static Script WebSearch(string query, string answer = SomeAnswer) =>
        new() { HostedTool = new ScriptHostedTool(ScriptHostedTool.WebSearch, query), Text = answer };

    /// <summary>A complete answer with a finish reason that no SDK knows.</summary>
    public static Script UnknownFinishReason(string text = SomeAnswer, string reason = "loopback_reason") =>
        new() { Text = text, FinishWord = reason };

    /// <summary>Responses: an answer whose status is <c>failed</c>, behind the text that was made before.</summary>
    public static Script Failed(string code = "server_error", string text = "") =>
        new() { Text = text, Finish = ScriptFinish.Failed, FailureCode = code };

    /// <summary>An answer that stops at the token limit.</summary>
    public static Script Truncated(string text = SomeAnswer) => new() { Text = text, Finish = ScriptFinish.Length };

    /// <summary>
    /// An answer without any content and with a normal finish reason. Plain: OpenAI sends the empty string as content, Anthropic an empty
    /// list of blocks.
    /// </summary>
    public static Script Empty200() => new();

    /// <summary>
    /// A complete answer whose last events come without a finish reason. OpenAI: no finishing chunk, then <c>[DONE]</c>; Anthropic:
    /// <c>message_delta</c> with a null <c>stop_reason</c>, then <c>message_stop</c>. Plain: the field is null.
    /// For a stream that simply ends, see <see cref="EndAfter"/>.
    /// </summary>
    public static Script MissingFinishReason(string text = SomeAnswer) => new() { Text = text, Finish = ScriptFinish.Missing };

    /// <summary>
    /// The model declines. OpenAI: the words stand in <c>refusal</c>, without content, finish reason <c>stop</c>. Anthropic: the words are
    /// text and the stop reason is <c>refusal</c>.
    /// </summary>
    public static Script Refusal(string words = "I cannot help with that.") => new() { RefusalText = words };

    /// <summary>
    /// A filter cuts the answer off: text, then the finish reason <c>content_filter</c> (Anthropic: stop reason <c>refusal</c>).
    /// For a filter that refuses by status, see <see cref="ContentFilter"/>.
    /// </summary>
    public static Script ContentFilterFinish(string text = "") => new() { Text = text, Finish = ScriptFinish.ContentFilter };
}
