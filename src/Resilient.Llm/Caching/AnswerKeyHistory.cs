using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>Encodes what models and tools wrote earlier in a conversation, by what is visible of it.</summary>
/// <remarks>
/// Visible are role, author, text, tool calls, their results, and data. Raw representations and additional properties say the same once
/// more, in a provider's words; ids differ from run to run; reasoning belongs to the endpoint that made it, and others are not sent it.
/// Text in several pieces is the same as in one.
/// </remarks>
internal static class AnswerKeyHistory
{
    public static void Write(ref AnswerKeyWriter writer, ChatMessage message)
    {
        var contents = message.Contents;
        var isOpen = false;
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is TextContent)
            {
                var text = TextFrom(contents, ref i);
                if (text.Length > 0)
                {
                    Open(ref writer, message, ref isOpen);
                    writer.Texts(1, text);
                }
            }
            else if (IsVisible(contents[i]))
            {
                Open(ref writer, message, ref isOpen);
                writer.Byte(2);
                AnswerKeyContents.WriteKnown(ref writer, contents[i], depth: 0);
            }
        }

        // A message of which nothing is visible is none.
        if (isOpen)
        {
            writer.Byte(0);
        }
    }

    private static void Open(ref AnswerKeyWriter writer, ChatMessage message, ref bool isOpen)
    {
        if (!isOpen)
        {
            writer.Texts(1, message.Role.Value, message.AuthorName);
            isOpen = true;
        }
    }

    /// <summary>The text from here on, past what is not visible between its pieces.</summary>
    /// <param name="contents">The contents of the message.</param>
    /// <param name="index">Of the first piece; then of the last content that belongs to the text.</param>
    private static string TextFrom(IList<AIContent> contents, ref int index)
    {
        var text = ((TextContent)contents[index]).Text;
        List<string>? pieces = null;
        while (index + 1 < contents.Count && (contents[index + 1] is TextContent || !IsVisible(contents[index + 1])))
        {
            index++;
            if (contents[index] is TextContent { Text: { Length: > 0 } piece })
            {
                (pieces ??= [text]).Add(piece);
            }
        }

        return pieces is null ? text : string.Concat(pieces);
    }

    /// <summary>The bare base class carries a provider's raw item and nothing else.</summary>
    private static bool IsVisible(AIContent content) =>
        content is not (TextReasoningContent or UsageContent) && content.GetType() != typeof(AIContent);
}
