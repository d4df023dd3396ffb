using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>
/// Turns without what belongs to the endpoint that made them: reasoning, raw representations, item ids, tools that the provider ran.
/// </summary>
internal static class PlainTurns
{
    /// <summary>Adds copies of the messages of one turn. One of which nothing is left is left out: providers refuse empty messages.</summary>
    /// <param name="target">Gets the copies.</param>
    /// <param name="messages">The history.</param>
    /// <param name="start">The turn's first message.</param>
    /// <param name="end">The message behind its last.</param>
    /// <param name="owner">Keeps what is its own, in a turn to which several contributed; null: nothing is kept.</param>
    public static void Add(List<ChatMessage> target, IReadOnlyList<ChatMessage> messages, int start, int end, Endpoint? owner)
    {
        for (var i = start; i < end; i++)
        {
            var contents = new List<AIContent>(messages[i].Contents.Count);
            foreach (var content in messages[i].Contents)
            {
                if (content is null)
                {
                    continue;
                }

                if (IsKept(content, owner))
                {
                    contents.Add(content);
                }
                else if (Plain(content) is { } plain)
                {
                    contents.Add(plain);
                }
            }

            if (contents.Count == 0)
            {
                continue;
            }

            var copy = messages[i].Clone();
            copy.Contents = contents;
            if (owner is null)
            {
                copy.RawRepresentation = null;
                copy.MessageId = null;
            }

            target.Add(copy);
        }
    }

    /// <summary>In a turn with two authors, what is not reasoning and bears no mark may be either's.</summary>
    private static bool IsKept(AIContent content, Endpoint? owner) =>
        owner is not null
        && (AuthorMark.Read(content) is { } mark ? AuthorMark.IsBy(mark, owner) : content is not TextReasoningContent);

    private static AIContent? Plain(AIContent content)
    {
        if (content is TextReasoningContent || IsOfProvider(content))
        {
            return null;
        }

        if (content.RawRepresentation is null)
        {
            return content;
        }

        var copy = ShallowCopy.Of(content);
        copy.RawRepresentation = null;
        return copy;
    }

    /// <summary>Whether a content means something to its provider alone: a raw item, or a tool that the provider ran itself.</summary>
    private static bool IsOfProvider(AIContent content) =>
        content.GetType() == typeof(AIContent)
        || content is ToolCallContent and not FunctionCallContent
        || content is ToolResultContent and not FunctionResultContent;
}
