using System.Text;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace Resilient.Llm.Loopback;

/// <summary>
/// Translates one stream. Text passes at once; tool calls and refusals arrive in fragments and are handed over whole at the end, as
/// Microsoft's own adapter does it.
/// </summary>
internal sealed class OpenAIStreamTranslator
{
    private readonly SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)> _calls = [];
    private readonly StringBuilder _refusal = new();
    private StreamingChatCompletionUpdate? _last;

    public ChatResponseUpdate Translate(StreamingChatCompletionUpdate update)
    {
        _last = update;
        var result = Envelope(update);
        if (OpenAIReasoning.Of(update) is { } reasoning)
        {
            result.Contents.Add(reasoning);
        }

        foreach (var part in update.ContentUpdate)
        {
            result.Contents.Add(new TextContent(part.Text));
        }

        foreach (var fragment in update.ToolCallUpdates)
        {
            var (id, name, arguments) = _calls.GetValueOrDefault(fragment.Index, (null, null, new StringBuilder()));
            arguments.Append(fragment.FunctionArgumentsUpdate?.ToString());
            _calls[fragment.Index] = (id ?? fragment.ToolCallId, name ?? fragment.FunctionName, arguments);
        }

        _refusal.Append(update.RefusalUpdate);
        if (update.Usage is { } usage)
        {
            result.Contents.Add(new UsageContent(OpenAIResponse.Usage(usage)));
        }

        return result;
    }

    /// <summary>What was gathered, or <see langword="null"/> when there was nothing to gather.</summary>
    public ChatResponseUpdate? Rest()
    {
        if (_last is null || (_calls.Count == 0 && _refusal.Length == 0))
        {
            return null;
        }

        var rest = Envelope(_last);
        foreach (var (id, name, arguments) in _calls.Values)
        {
            rest.Contents.Add(OpenAIResponse.Call(id ?? "", name ?? "", arguments.ToString()));
        }

        if (_refusal.Length > 0)
        {
            rest.Contents.Add(OpenAIResponse.Refusal(_refusal.ToString()));
        }

        return rest;
    }

    private static ChatResponseUpdate Envelope(StreamingChatCompletionUpdate update) => new()
    {
        ResponseId = update.CompletionId,
        MessageId = update.CompletionId,
        ModelId = update.Model,
        CreatedAt = update.CreatedAt,
        Role = ChatRole.Assistant,
        FinishReason = update.FinishReason is { } reason ? OpenAIResponse.Reason(reason) : null,
        RawRepresentation = update,
    };
}
