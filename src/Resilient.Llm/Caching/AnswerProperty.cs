using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;

namespace Resilient.Llm.Caching;

/// <summary>A named value of an answer, in a form that keeps its type through JSON.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type's short name; see <see cref="From(string, object?)"/>.</param>
/// <param name="Value">The value as invariant text.</param>
internal sealed record AnswerProperty(string Name, string Type, string? Value)
{
    /// <summary>Copies the properties whose types can be given back unchanged. Others only decorate an answer, and are left out.</summary>
    public static AnswerProperty[]? Take(AdditionalPropertiesDictionary? source)
    {
        if (source is null || source.Count == 0)
        {
            return null;
        }

        var taken = new List<AnswerProperty>(source.Count);
        foreach (var (name, value) in source)
        {
            // The report tells how this request was answered. Each answer gets a new one.
            if (name != ReportAnnotation.Key && From(name, value) is { } property)
            {
                taken.Add(property);
            }
        }

        return taken.Count == 0 ? null : [.. taken];
    }

    public static AdditionalPropertiesDictionary? ToDictionary(AnswerProperty[]? properties)
    {
        if (properties is null)
        {
            return null;
        }

        var result = new AdditionalPropertiesDictionary();
        foreach (var property in properties)
        {
            result[property.Name] = property.ToValue();
        }

        return result;
    }

    private static AnswerProperty? From(string name, object? value) => value switch
    {
        null => new(name, "null", null),
        string text => new(name, "string", text),
        bool flag => new(name, "bool", flag ? "1" : "0"),
        int number => new(name, "int", number.ToString(CultureInfo.InvariantCulture)),
        long number => new(name, "long", number.ToString(CultureInfo.InvariantCulture)),
        double number => new(name, "double", BitConverter.DoubleToInt64Bits(number).ToString(CultureInfo.InvariantCulture)),
        JsonElement { ValueKind: not JsonValueKind.Undefined } json => new(name, "json", json.GetRawText()),
        _ => null,
    };

    private object? ToValue() => Type switch
    {
        "null" => null,
        "string" => Value,
        "bool" => Value == "1",
        "int" => int.Parse(Value!, CultureInfo.InvariantCulture),
        "long" => long.Parse(Value!, CultureInfo.InvariantCulture),
        "double" => BitConverter.Int64BitsToDouble(long.Parse(Value!, CultureInfo.InvariantCulture)),
        "json" => ParseJson(Value!),
        _ => throw new FormatException("A stored answer holds a property of an unknown type."),
    };

    private static JsonElement ParseJson(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
