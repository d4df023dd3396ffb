using System.Text;
using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Continuation;

/// <summary>What a caller has of a broken answer: its text, its metadata, and whether another model can continue it.</summary>
/// <remarks>
/// Ids, author, role and time come from the updates with content (<see cref="UpdateKind.Content"/>), not from preamble, usage, the report,
/// or the reasoning of a replaced model. The message id is the last one, since the continuation belongs to the last message of the stream;
/// the others are the first ones. What no such update has is null: an update without ids joins the message before it anyway.
/// </remarks>
internal sealed class PartialAnswer
{
    private readonly string? _obstacle;
    private readonly bool _isReasoning;

    private PartialAnswer(string text, string? obstacle, bool isReasoning) => (Text, _obstacle, _isReasoning) = (text, obstacle, isReasoning);

    /// <summary>All text in order, without reasoning.</summary>
    public string Text { get; }

    public string? MessageId { get; private init; }

    public string? ResponseId { get; private init; }

    public string? AuthorName { get; private init; }

    public ChatRole? Role { get; private init; }

    public DateTimeOffset? CreatedAt { get; private init; }

    public int EstimatedTokens => (Text.Length + TokenEstimate.CharactersPerToken - 1) / TokenEstimate.CharactersPerToken;

    /// <param name="delivered">The updates as delivered, including all parts of a continued answer. Read once.</param>
    public static PartialAnswer Of(IEnumerable<ChatResponseUpdate> delivered)
    {
        var text = new StringBuilder();
        string? obstacle = null, messageId = null, responseId = null, authorName = null;
        ChatRole? role = null;
        DateTimeOffset? createdAt = null;
        bool hasContent = false, isReasoning = false;
        foreach (var update in delivered)
        {
            if ((UpdateClassifier.Classify(update) & UpdateKind.Content) != 0)
            {
                hasContent = true;
                messageId = update.MessageId ?? messageId;
                responseId ??= update.ResponseId;
                authorName ??= update.AuthorName;
                role ??= update.Role;
                createdAt ??= update.CreatedAt;
            }

            for (var i = 0; i < update.Contents.Count; i++)
            {
                var content = update.Contents[i];
                var kind = UpdateClassifier.Classify(content);

                // White space is no content of its own, but it is text: the reasoning is over.
                isReasoning = kind == UpdateKind.Reasoning
                    || (isReasoning && kind == UpdateKind.Preamble && content is not TextContent { Text.Length: > 0 });
                obstacle ??= ObstacleIn(content, kind);
                if (content is TextContent piece)
                {
                    text.Append(piece.Text);
                }
            }

            // Before any content it ended only the reasoning of a replaced model, not this answer.
            if (hasContent && update.FinishReason is not null)
            {
                obstacle ??= "the answer had already ended";
            }
        }

        return new(text.ToString(), obstacle, isReasoning)
        {
            MessageId = messageId,
            ResponseId = responseId,
            AuthorName = authorName,
            Role = role,
            CreatedAt = createdAt,
        };
    }

    /// <summary>Null if another model can continue it; otherwise the reason, without any words of the answer.</summary>
    /// <remarks>It can continue plain prose, and white space only, after which the model answers from the start.</remarks>
    /// <param name="options">The caller's options, before <see cref="ContinuationRequest.Reduce"/>.</param>
    public string? WhyNotContinuable(ChatOptions? options)
    {
        if (_obstacle is not null)
        {
            return _obstacle;
        }

        // Such a request has only the last turn: another model does not have the conversation that the text belongs to.
        if (options?.ConversationId is not null)
        {
            return "a conversation that the provider holds";
        }

        if (string.IsNullOrWhiteSpace(Text))
        {
            return null;
        }

        if (options?.ResponseFormat is not (null or ChatResponseFormatText))
        {
            return "a response format other than text";
        }

        return _isReasoning ? "reasoning in progress" : Prose.WhyNotEndingIn(Text);
    }

    private static string? ObstacleIn(AIContent? content, UpdateKind kind) => kind switch
    {
        _ when (kind & UpdateKind.ToolCall) != 0 => "a tool call was delivered",
        _ when (kind & UpdateKind.Error) != 0 => "an error was delivered",
        UpdateKind.Content when content is not TextContent => "data was delivered",
        _ => null,
    };
}
