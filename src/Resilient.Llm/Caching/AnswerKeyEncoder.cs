using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>Turns a request into its <see cref="AnswerKey"/>, if it has one.</summary>
/// <remarks>
/// The encoding is positional: every item carries its type and length, so two different requests never share one. Ids and times of messages
/// are left out, since no model sees them. Of what a model or a tool wrote earlier, only what is visible counts: raw representations,
/// properties and reasoning differ between an answer that a client has just given and the same answer after a session was kept as JSON. A
/// request with anything else that has no canonical form (an unknown type, a raw representation made by the caller) has no key and is not
/// cached.
/// </remarks>
internal static class AnswerKeyEncoder
{
    /// <summary>Raise it whenever the encoding changes.</summary>
    private const byte Version = 2;

    public static AnswerKey? TryEncode(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, DataResidency residency, CachedAnswerScope scope) =>
        TryEncode(messages, options, residency, scope, out _);

    /// <param name="messages">The messages.</param>
    /// <param name="options">The options.</param>
    /// <param name="residency">Where the request's data may go.</param>
    /// <param name="scope">Which messages count.</param>
    /// <param name="refusal">Why there is no key.</param>
    public static AnswerKey? TryEncode(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        DataResidency residency,
        CachedAnswerScope scope,
        out AnswerNotStored refusal)
    {
        var writer = new AnswerKeyWriter();
        try
        {
            Write(ref writer, messages, options, residency, scope);
            refusal = writer.Refusal;
            return writer.ToKey();
        }
        catch (Exception)
        {
            // The caller's tools, lists and dictionaries run their own code here. An unreadable request is not cached; it can still be
            // answered.
            refusal = AnswerNotStored.QuestionContent;
            return null;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void Write(
        ref AnswerKeyWriter writer,
        IReadOnlyList<ChatMessage> messages,
        ChatOptions? options,
        DataResidency residency,
        CachedAnswerScope scope)
    {
        writer.Byte(Version);
        writer.Byte((byte)scope);
        Residency(ref writer, residency);
        AnswerKeyOptions.Write(ref writer, options);
        if (writer.IsRefused)
        {
            return;
        }

        if (scope == CachedAnswerScope.SystemAndLastUserMessage)
        {
            SystemAndLastUser(ref writer, messages, options);
        }
        else
        {
            for (var i = 0; i < messages.Count && !writer.IsRefused; i++)
            {
                Message(ref writer, messages[i]);
            }
        }

        writer.Byte(0);
    }

    /// <summary>Geographies compare without regard to case.</summary>
    private static void Residency(ref AnswerKeyWriter writer, DataResidency residency)
    {
        writer.Flag(residency.IsAnywhere);
        if (!residency.IsAnywhere)
        {
            writer.List(residency.Geographies.Select(static g => g.ToUpperInvariant()).Order(StringComparer.Ordinal));
        }
    }

    private static void SystemAndLastUser(ref AnswerKeyWriter writer, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        var last = messages.Count - 1;
        while (last >= 0 && messages[last].Role == ChatRole.System)
        {
            last--;
        }

        if (last < 0 || messages[last].Role != ChatRole.User || options?.Tools is { Count: > 0 }
            || messages.Any(static message => message.Role == ChatRole.Tool || message.Contents.Any(AnswerKeyContents.IsToolRelated)))
        {
            writer.Refuse(AnswerNotStored.Scope);
            return;
        }

        for (var i = 0; i < messages.Count; i++)
        {
            // Other roles (such as "developer") instruct the model, as system messages do.
            if (i == last || (messages[i].Role != ChatRole.User && messages[i].Role != ChatRole.Assistant))
            {
                Message(ref writer, messages[i]);
            }
        }
    }

    private static void Message(ref AnswerKeyWriter writer, ChatMessage message)
    {
        if (message.Role == ChatRole.Assistant || message.Role == ChatRole.Tool)
        {
            AnswerKeyHistory.Write(ref writer, message);
            return;
        }

        if (message.RawRepresentation is not null || message.GetType() != typeof(ChatMessage))
        {
            writer.Refuse(AnswerNotStored.QuestionContent);
            return;
        }

        writer.Texts(1, message.Role.Value, message.AuthorName);
        AnswerKeyContents.Write(ref writer, message.Contents, 0);
        AnswerKeyValues.Map(ref writer, message.AdditionalProperties, 0);
    }
}
