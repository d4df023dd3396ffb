using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Marks what belongs to the endpoint that made an answer, before the caller gets it.</summary>
/// <remarks>
/// Reasoning always. Of endpoints other than the first also tool calls and raw items: what is unmarked counts as the first endpoint's, so
/// its answers without reasoning cost nothing here.
/// </remarks>
internal static class TurnMarks
{
    /// <summary>Marks a whole answer.</summary>
    public static void Write(FallbackRequest request, ChatResponse response, Step author)
    {
        var isFirst = ReferenceEquals(author, request.Chain.First);
        var messages = response.Messages;
        for (var i = 0; i < messages.Count; i++)
        {
            var contents = messages[i].Contents;
            for (var j = 0; j < contents.Count; j++)
            {
                var content = contents[j];
                if (content is TextReasoningContent || (!isFirst && content is FunctionCallContent or { RawRepresentation: not null }))
                {
                    AuthorMark.Write(content, author.Endpoint);
                }
            }
        }
    }

    /// <summary>Whether an update has something to mark. Text has not: its raw items are lost when updates become a response.</summary>
    public static bool IsNeeded(ChatResponseUpdate update)
    {
        var contents = update.Contents;
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is { } content and not TextContent && IsNeeded(content))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks one update.</summary>
    public static void Write(FallbackRequest request, ChatResponseUpdate update, Step author)
    {
        // Responses streams reasoning before it names a role: behind results of function invocation above, it would become part of them.
        update.Role ??= ChatRole.Assistant;
        var isFirst = ReferenceEquals(author, request.Chain.First);
        foreach (var content in update.Contents)
        {
            if (content is TextReasoningContent || (!isFirst && content is { } and not TextContent && IsNeeded(content)))
            {
                AuthorMark.Write(content, author.Endpoint);
            }
        }
    }

    private static bool IsNeeded(AIContent content) =>
        content is TextReasoningContent or FunctionCallContent or { RawRepresentation: not null } and not UsageContent;
}
