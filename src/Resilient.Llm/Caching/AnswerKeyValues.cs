using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>Encodes loosely typed values: tool arguments, tool results, additional properties. Unknown types are refused.</summary>
internal static class AnswerKeyValues
{
    /// <summary>Deeper than any real message, and shallow enough that a cycle cannot exhaust the stack.</summary>
    public const int MaxDepth = 24;

    public static void Write(ref AnswerKeyWriter writer, object? value, int depth)
    {
        if (depth > MaxDepth)
        {
            writer.Refuse();
            return;
        }

        switch (value)
        {
            case null: writer.Byte(0); break;
            case string text: writer.Texts(1, text); break;
            case bool flag: writer.Byte(2); writer.Flag(flag); break;
            case int number: writer.Byte(3); writer.Int(number); break;
            case long number: writer.Byte(4); writer.Long(number); break;
            case double number: writer.Byte(5); writer.Long(BitConverter.DoubleToInt64Bits(number)); break;
            case float number: writer.Byte(6); writer.Optional(number); break;
            case JsonElement json: writer.Byte(7); Json(ref writer, json); break;
            case Uri uri: writer.Texts(8, uri.OriginalString); break;
            case byte[] bytes: writer.Byte(9); writer.Bytes(bytes); break;
            case AIContent content: writer.Byte(10); AnswerKeyContents.Write(ref writer, content, depth + 1); break;
            case IDictionary<string, object?> map: writer.Byte(11); Map(ref writer, map, depth); break;
            case IReadOnlyDictionary<string, object?> map: writer.Byte(11); Map(ref writer, map, depth); break;
            case IReadOnlyCollection<object?> items: writer.Byte(12); Items(ref writer, items, depth); break;
            default: Scalar(ref writer, value); break;
        }
    }

    /// <summary>Name and value pairs, sorted: their order has no meaning. Null and an empty map are the same.</summary>
    public static void Map(ref AnswerKeyWriter writer, IEnumerable<KeyValuePair<string, object?>>? map, int depth)
    {
        // A report in the history, perhaps as JSON, tells how an earlier answer was made, and a mark by which endpoint: neither is part of
        // the question.
        var pairs = (map ?? [])
            .Where(static pair => pair.Value is not ResilienceReport && pair.Key is not (ReportAnnotation.Key or AuthorMark.Key))
            .ToArray();
        Array.Sort(pairs, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        foreach (var (name, value) in pairs)
        {
            writer.Texts(1, name);
            Write(ref writer, value, depth + 1);
        }

        writer.Byte(0);
    }

    public static void Json(ref AnswerKeyWriter writer, JsonElement? json)
    {
        writer.Flag(json is { } value ? value.ValueKind != JsonValueKind.Undefined : null);
        if (json is { ValueKind: not JsonValueKind.Undefined } element)
        {
            // As written: two spellings of a schema are two questions, which costs a miss at most.
            writer.Bytes(JsonMarshal.GetRawUtf8Value(element));
        }
    }

    private static void Items(ref AnswerKeyWriter writer, IReadOnlyCollection<object?> items, int depth)
    {
        foreach (var item in items)
        {
            writer.Byte(1);
            Write(ref writer, item, depth + 1);
        }

        writer.Byte(0);
    }

    /// <summary>Types whose invariant text is exact. The type's name keeps 1 (byte) and 1 (short) apart.</summary>
    private static void Scalar(ref AnswerKeyWriter writer, object value)
    {
        var text = value switch
        {
            byte or sbyte or short or ushort or uint or ulong or decimal =>
                ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
            char character => ((int)character).ToString(CultureInfo.InvariantCulture),
            DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
            TimeSpan or Guid => value.ToString(),
            Enum => ((Enum)value).ToString("D"),
            _ => null,
        };
        if (text is null)
        {
            writer.Refuse();
            return;
        }

        writer.Texts(13, value.GetType().FullName, text);
    }
}
