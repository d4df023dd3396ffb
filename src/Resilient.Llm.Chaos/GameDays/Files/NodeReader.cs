using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Reads one object of a file key by key and records errors with their place: wrong types, missing and unknown keys.</summary>
/// <remarks>A key that is missing or wrong reads as null. Reading a key also makes it known.</remarks>
internal sealed partial class NodeReader(JsonObject node, string path, List<string> errors)
{
    private readonly List<string> _known = [];

    public string? Text(string key, bool required = false) => (string?)Value(key, "text", required, AsText);

    public TimeSpan? Time(string key, bool required = false) => (TimeSpan?)Value(
        key,
        "a time as \"hours:minutes:seconds\", for example \"00:00:30\", \"00:00:00.250\" or \"1.00:00:00\" (a day)",
        required,
        static node => AsTime(node));

    public double? Number(string key, bool required = false) =>
        (double?)Value(key, "a number, for example 0.5", required, static node => AsNumber(node));

    public int? Whole(string key) => (int?)Value(
        key,
        "a whole number",
        required: false,
        static node =>
            AsNumber(node) is >= int.MinValue and <= int.MaxValue and var value && value == Math.Floor(value) ? (int)value : null);

    public bool? Bool(string key) => (bool?)Value(
        key,
        "true or false",
        required: false,
        static node => node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? node.GetValue<bool>() : null);

    /// <summary>A name of an enumeration value; case matters.</summary>
    public TEnum? Choice<TEnum>(string key, bool required = false)
        where TEnum : struct, Enum => (TEnum?)Value(
            key,
            string.Join(", ", Enum.GetNames<TEnum>()),
            required,
            static node => AsText(node) is { } text && Enum.GetNames<TEnum>().Contains(text) ? Enum.Parse<TEnum>(text) : null);

    public IReadOnlyList<string>? Texts(string key, bool required = false)
    {
        return Items(key, "a list of texts", required, (item, at) => item is null ? Wrong(at, item) : AsText(item) ?? Wrong(at, item));

        string? Wrong(string at, JsonNode? item)
        {
            errors.Add($"{at} is {Shown(item)}. Set it to text.");
            return null;
        }
    }

    public T? Section<T>(string key, Func<NodeReader, T?> read, bool required = false)
        where T : class => Find(key, "an object", required) is { } section ? Descend(section, $"{path}.{key}", errors, read) : null;

    public IReadOnlyList<T> List<T>(string key, Func<NodeReader, T> read)
        where T : class => Items(key, "a list of objects", required: false, (item, at) => Descend(item, at, errors, read)) ?? [];

    /// <summary>A value or an object, for example a latency.</summary>
    public JsonNode? Any(string key) => Find(key, "a value", required: false);

    /// <summary>Records an error for the whole object.</summary>
    public void Refuse(string message) => errors.Add($"{path} {message}");

    public static T? Descend<T>(JsonNode? node, string path, List<string> errors, Func<NodeReader, T?> read)
        where T : class
    {
        if (node is not JsonObject section)
        {
            errors.Add($"{path} is {Shown(node)}. Set it to an object with keys of its own.");
            return null;
        }

        var reader = new NodeReader(section, path, errors);
        var result = read(reader);
        errors.AddRange(section.Where(pair => !reader._known.Contains(pair.Key)).Select(pair =>
            $"{path}.{pair.Key} is unknown. Leave it out, or take one of {string.Join(", ", reader._known)}."));
        return result;
    }

    /// <summary>A time with its unit, as the schema describes it. A bare number is an error: it has no unit.</summary>
    public static TimeSpan? AsTime(JsonNode node) =>
        AsText(node) is { } text
        && TimePattern().IsMatch(text)
        && TimeSpan.TryParseExact(text, ["c"], CultureInfo.InvariantCulture, out var time) ? time : null;

    public static string Shown(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ when AsText(node) is { } text => $"'{(text.Length <= 100 ? text : $"{text.AsSpan(0, 99)}…")}'",
        _ => node.ToJsonString(),
    };

    // Parses the text: an in-memory number of one type cannot be read as another type.
    private static double? AsNumber(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number
        && double.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) is var value
        && double.IsFinite(value) ? value : null;

    private static string? AsText(JsonNode node) => node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;

    private JsonNode? Find(string key, string expected, bool required)
    {
        _known.Add(key);
        var isThere = node.TryGetPropertyValue(key, out var found);
        if (found is null && (isThere || required))
        {
            errors.Add($"{path}.{key} is {(isThere ? "null" : "missing")}. Set it to {expected}{(required ? "" : ", or leave it out")}.");
        }

        return found;
    }

    private List<T>? Items<T>(string key, string expected, bool required, Func<JsonNode?, string, T?> read)
        where T : class => Value(key, expected, required, static found => found as JsonArray) is JsonArray items
            ? [.. items.Select((item, i) => read(item, FormattableString.Invariant($"{path}.{key}[{i}]"))).OfType<T>()]
            : null;

    private object? Value(string key, string expected, bool required, Func<JsonNode, object?> parse)
    {
        if (Find(key, expected, required) is not { } found)
        {
            return null;
        }

        var value = parse(found);
        if (value is null)
        {
            errors.Add($"{path}.{key} is {Shown(found)}. Set it to {expected}.");
        }

        return value;
    }

    [GeneratedRegex(@"^([0-9]{1,5}\.)?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimePattern();
}
