using Microsoft.Extensions.AI;
using Resilient.Llm.LastResort;

namespace Resilient.Llm;

/// <summary>The input of a rule of the last resort: the conversation and its question.</summary>
/// <remarks>Created for one request. The messages and options are the request's own: do not change them.</remarks>
public sealed class LastResortContext
{
    // Rules run on the request's thread, which no deadline can interrupt: megabytes would take seconds.
    private const int MaxLine = 64 * 1024;

    private string? _line;

    internal LastResortContext(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        Messages = messages;
        Options = options;
        Question = messages.LastOrDefault(static m => m?.Role == ChatRole.User)?.Text?.Trim() ?? string.Empty;
        WantsJson = options?.ResponseFormat is ChatResponseFormatJson;
    }

    /// <summary>Gets the conversation, oldest message first.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>Gets the options of the request; null when it has none.</summary>
    public ChatOptions? Options { get; }

    /// <summary>Gets the trimmed text of the user's last message. Empty when there is none, or only an image.</summary>
    /// <remarks>Untrusted text of any length.</remarks>
    public string Question { get; }

    /// <summary>Gets whether the caller asked for JSON. Then only a JSON object or array is used as the answer.</summary>
    public bool WantsJson { get; }

    /// <summary>The question on one line, with single spaces: the text that keywords are searched in.</summary>
    internal string Line => _line ??= OneLine.Of(Question, MaxLine);
}
