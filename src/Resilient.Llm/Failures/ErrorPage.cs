using System.Text.Json;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Failures;

/// <summary>Finds error pages and error objects that a gateway passes on as if a model had said them.</summary>
/// <remarks>
/// Only a text that is an error from its first to its last character counts: a page whose title is a status or the name of an error, or a
/// JSON object that is an error and nothing else. Where the request itself speaks of such a format, the model may have been asked for it.
/// </remarks>
internal static partial class ErrorPage
{
    /// <summary>Longer texts are no error pages, and are not looked through.</summary>
    private const int MaxLength = 64 * 1024;

    /// <summary>Whether the whole text is an error page or an error object.</summary>
    public static bool IsOne(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed.Length is > 0 and <= MaxLength && trimmed[0] switch
        {
            '<' => IsPage(trimmed),
            '{' => IsObject(trimmed),
            _ => false,
        };
    }

    /// <summary>Whether a text asks for a format that an error page has too, so that an answer in it may be meant.</summary>
    public static bool MayBeAskedFor(string text) =>
        text.Contains("html", StringComparison.OrdinalIgnoreCase)
        || text.Contains("json", StringComparison.OrdinalIgnoreCase)
        || text.Contains("page", StringComparison.OrdinalIgnoreCase)
        || text.Contains("error", StringComparison.OrdinalIgnoreCase);

    private static bool IsPage(ReadOnlySpan<char> text) =>
        (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
        && text.EndsWith(">", StringComparison.Ordinal)
        && ErrorTitle().IsMatch(text);

    private static bool IsObject(ReadOnlySpan<char> text)
    {
        if (!text.EndsWith("}", StringComparison.Ordinal) || !text.Contains("error", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text.ToString());
            return IsError(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // Not JSON, or a text with half a surrogate pair, escaped or not: a model may write one.
            return false;
        }
    }

    /// <summary>
    /// {"error": "words" or an object with a message}, also behind {"type": "error"}, with nothing but ids and statuses beside it.
    /// </summary>
    private static bool IsError(JsonElement root)
    {
        var isFirst = true;
        var hasError = false;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Name == "error" && !hasError)
            {
                hasError = Says(member.Value);
                if (!hasError)
                {
                    return false;
                }
            }
            else if (isFirst && !IsTypeOfError(member))
            {
                return false;
            }
            else if (member.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            {
                return false;
            }

            isFirst = false;
        }

        return hasError;
    }

    private static bool IsTypeOfError(JsonProperty member) =>
        member.Name == "type" && member.Value.ValueKind == JsonValueKind.String && member.Value.ValueEquals("error");

    private static bool Says(JsonElement error) => error.ValueKind switch
    {
        JsonValueKind.String => error.GetString()!.Length > 0,
        JsonValueKind.Object => error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String,
        _ => false,
    };

    /// <summary>A title that begins with a status of an error, or that names one as gateways do. Linear: white space is read once.</summary>
    [GeneratedRegex(
        """
        <title>(?>\s*)(
            (error\s*)?[45][0-9][0-9]\b
            |[^<]*\b(
                bad\ gateway|gateway\ time-?out|service\ (temporarily\ )?unavailable|internal\ server\ error
                |too\ many\ requests|origin\ is\ unreachable|access\ denied|attention\ required)\b)
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex ErrorTitle();
}
