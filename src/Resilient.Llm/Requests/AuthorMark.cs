using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>
/// Says on a content of an answer which endpoint made it: reasoning, and tool calls and raw items of endpoints other than the first.
/// </summary>
/// <remarks>
/// A string among the content's additional properties: it survives JSON, with or without reflection, and the collection of a stream's
/// updates, where each update must have it. A ladder that is a model of another one leaves its own mark behind the other's.
/// </remarks>
internal static class AuthorMark
{
    public const string Key = "resilient-llm.author";

    /// <summary>The mark of a stored answer's reasoning. No endpoint is its author: all get the answer without it.</summary>
    public const string Stored = "resilient-llm.stored";

    private const char Separator = '\n';

    /// <summary>Marks a content. Its properties are replaced, not changed: a client may give one instance to several callers.</summary>
    public static void Write(AIContent content, Endpoint author)
    {
        var mark = author.DisplayName;
        if (Read(content) is { } known)
        {
            if (IsBy(known, author))
            {
                return;
            }

            mark = mark + Separator + known;
        }

        content.AdditionalProperties = new(content.AdditionalProperties ?? []) { [Key] = mark };
    }

    /// <summary>The mark; null if there is none, or it is unreadable.</summary>
    public static string? Read(AIContent? content) =>
        content?.AdditionalProperties is not { } properties || !properties.TryGetValue(Key, out var value) ? null
        : value is string text ? text
        : value is JsonElement { ValueKind: JsonValueKind.String } json ? json.GetString()
        : null;

    /// <summary>Whether an endpoint is the author, here or as a model within one.</summary>
    public static bool IsBy(string mark, Endpoint endpoint)
    {
        foreach (var name in mark.AsSpan().Split(Separator))
        {
            if (mark.AsSpan(name).SequenceEqual(endpoint.DisplayName))
            {
                return true;
            }
        }

        return false;
    }
}
