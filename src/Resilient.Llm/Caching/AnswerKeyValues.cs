using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>
/// Encodes loosely typed values (tool arguments, tool results, additional properties) as the JSON that providers are sent, whatever type
/// holds it: a session that was kept as JSON asks the same question.
/// </summary>
/// <remarks>
/// Objects of unknown types are serialised where adapters do so too: in tool arguments and results. Elsewhere an adapter may read the
/// object itself, and what JSON leaves out of it could be a difference: there they are refused.
/// </remarks>
internal static class AnswerKeyValues
{
    /// <summary>Deeper than any real message, and shallow enough that a cycle cannot exhaust the stack.</summary>
    public const int MaxDepth = 24;

    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.FFFFFFFK";

    public static void Write(ref AnswerKeyWriter writer, object? value, int depth, bool serialises = false)
    {
        if (depth > MaxDepth)
        {
            writer.Refuse(AnswerNotStored.QuestionContent);
            return;
        }

        switch (value)
        {
            case null: writer.Byte(0); break;
            case string text: writer.Texts(1, text); break;
            case bool flag: writer.Byte(2); writer.Flag(flag); break;
            case JsonElement json: Element(ref writer, json, depth); break;
            case Uri uri: writer.Texts(1, uri.OriginalString); break;
            case byte[] bytes: writer.Texts(1, Convert.ToBase64String(bytes)); break;
            case AIContent content: writer.Byte(10); AnswerKeyContents.Write(ref writer, content, depth + 1); break;
            case JsonNode or JsonDocument: Serialised(ref writer, value, depth); break;
            case IDictionary<string, object?> map: writer.Byte(5); Map(ref writer, map, depth, serialises); break;
            case IReadOnlyDictionary<string, object?> map: writer.Byte(5); Map(ref writer, map, depth, serialises); break;
            case IReadOnlyCollection<object?> items: writer.Byte(4); Items(ref writer, items, depth, serialises); break;
            default: Scalar(ref writer, value, depth, serialises); break;
        }
    }

    /// <summary>Name and value pairs, sorted: their order has no meaning. Null and an empty map are the same.</summary>
    public static void Map(ref AnswerKeyWriter writer, IEnumerable<KeyValuePair<string, object?>>? map, int depth, bool serialises = false)
    {
        // A report in the history, perhaps as JSON, tells how an earlier answer was made, and a mark by which endpoint: neither is part of
        // the question.
        foreach (var (name, value) in (map ?? [])
            .Where(static pair => pair.Key is not (ReportAnnotation.Key or AuthorMark.Key))
            .OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            if (writer.IsRefused)
            {
                // A value that holds itself twice has more ways down than can be walked.
                return;
            }

            writer.Texts(1, name);
            Write(ref writer, value, depth + 1, serialises);
        }

        writer.Byte(0);
    }

    /// <summary>A schema, as written: two spellings of one are two questions, which costs a miss at most.</summary>
    public static void Json(ref AnswerKeyWriter writer, JsonElement? json)
    {
        writer.Flag(json is { } value ? value.ValueKind != JsonValueKind.Undefined : null);
        if (json is { ValueKind: not JsonValueKind.Undefined } element)
        {
            writer.Bytes(JsonMarshal.GetRawUtf8Value(element));
        }
    }

    private static void Element(ref AnswerKeyWriter writer, JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.Byte(5);
                Map(
                    ref writer,
                    json.EnumerateObject().Select(static property => KeyValuePair.Create(property.Name, (object?)property.Value)),
                    depth);
                break;
            case JsonValueKind.Array:
                writer.Byte(4);
                Items(ref writer, json.EnumerateArray().Select(static item => (object?)item), depth);
                break;
            case JsonValueKind.String: writer.Texts(1, json.GetString()); break;
            case JsonValueKind.Number: Number(ref writer, json.GetRawText()); break;
            case JsonValueKind.True or JsonValueKind.False: writer.Byte(2); writer.Flag(json.GetBoolean()); break;
            case JsonValueKind.Null: writer.Byte(0); break;
            default: writer.Refuse(AnswerNotStored.QuestionContent); break;
        }
    }

    private static void Items(ref AnswerKeyWriter writer, IEnumerable<object?> items, int depth, bool serialises = false)
    {
        foreach (var item in items)
        {
            if (writer.IsRefused)
            {
                return;
            }

            writer.Byte(1);
            Write(ref writer, item, depth + 1, serialises);
        }

        writer.Byte(0);
    }

    private static void Number(ref AnswerKeyWriter writer, string text) => writer.Texts(3, AnswerKeyNumber.Canonical(text));

    /// <summary>Numbers, and what JSON writes as text.</summary>
    private static void Scalar(ref AnswerKeyWriter writer, object value, int depth, bool serialises)
    {
        switch (value)
        {
            case double number when !double.IsFinite(number): writer.Texts(6, number.ToString(CultureInfo.InvariantCulture)); break;
            case float number when !float.IsFinite(number): writer.Texts(6, number.ToString(CultureInfo.InvariantCulture)); break;
            case int or long or double or float or decimal or byte or sbyte or short or ushort or uint or ulong:
                Number(ref writer, ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case char or TimeSpan or Guid: writer.Texts(1, value.ToString()); break;
            case DateTime or DateTimeOffset:
                writer.Texts(1, ((IFormattable)value).ToString(DateFormat, CultureInfo.InvariantCulture));
                break;
            case DateOnly date: writer.Texts(1, date.ToString("O", CultureInfo.InvariantCulture)); break;
            case TimeOnly time: writer.Texts(1, time.ToTimeSpan().ToString("c", CultureInfo.InvariantCulture)); break;
            case not null when serialises: Serialised(ref writer, value, depth); break;
            default: writer.Refuse(AnswerNotStored.QuestionContent); break;
        }
    }

    /// <summary>Any other type, as adapters serialise it. What cannot be serialised throws, and its question has no key.</summary>
    private static void Serialised(ref AnswerKeyWriter writer, object value, int depth) =>
        Element(
            ref writer, JsonSerializer.SerializeToElement(value, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object))), depth + 1);
}
