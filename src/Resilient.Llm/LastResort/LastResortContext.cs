using Microsoft.Extensions.AI;
using Resilient.Llm.LastResort;

namespace Resilient.Llm;

/// <summary>What a rule of the last resort is asked: the conversation, and in it the question.</summary>
/// <remarks>Made for one request. The messages and options are the request's own: read them, do not change them.</remarks>
public sealed class LastResortContext
{
    // Rules run on the request's own thread, which no deadline can interrupt: megabytes would take it for seconds.
    private const int MaxLine = 64 * 1024;

    private string? _line;

    internal LastResortContext(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        Messages = messages;
        Options = options;
        Question = messages.LastOrDefault(static m => m?.Role == ChatRole.User)?.Text?.Trim() ?? string.Empty;
        WantsJson = options?.ResponseFormat is ChatResponseFormatJson;
    }

    /// <summary>The conversation, oldest message first.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>The options of the request; null when it has none.</summary>
    public ChatOptions? Options { get; }

    /// <summary>The text of the last message of the user, trimmed. Empty when there is none, or only an image.</summary>
    /// <remarks>Untrusted text of any length.</remarks>
    public string Question { get; }

    /// <summary>Whether the caller asked for JSON. Then only an answer that is a JSON object or array is used.</summary>
    public bool WantsJson { get; }

    /// <summary>The question with every run of white space and control characters as one space: what keywords are looked up in.</summary>
    internal string Line => _line ??= OneLine.Of(Question, MaxLine);
}
