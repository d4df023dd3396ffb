using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Reads one object of a file key by key, and notes what is wrong with its place: values of the wrong type, keys that are missing, keys that nobody asked for.</summary>
/// <remarks>Each key stands in one place, where it is read and where it is known. A key that is missing leaves the default.</remarks>
internal sealed partial class NodeReader(JsonObject node, string path, List<string> errors)
{
    private readonly List<string> _known = [];

    public string Path => path;

    public void Text(string key, Action<string> set, bool required = false) => Value(key, "text", required, static node => AsText(node), set);

    public void Time(string key, Action<TimeSpan> set, bool required = false) => Value(
        key, "a time as \"hours:minutes:seconds\", for example \"00:00:30\", \"00:00:00.250\" or \"1.00:00:00\" (a day)", required, static node => AsTime(node), set);

    public void Number(string key, Action<double> set, bool required = false) => Value(
        key, "a number, for example 0.5", required,
        AsNumber, set);

    public void Whole(string key, Action<int> set) => Value(
        key, "a whole number", required: false,
        static node => AsNumber(node) is { } value && value == Math.Floor(value) && value is >= int.MinValue and <= int.MaxValue ? (int)value : (int?)null, set);

    public void Bool(string key, Action<bool> set) => Value(
        key, "true or false", required: false, static node => node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? node.GetValue<bool>() : (bool?)null, set);

    /// <summary>One of the names of an enumeration, written exactly so.</summary>
    public void Choice<TEnum>(string key, Action<TEnum> set, bool required = false)
        where TEnum : struct, Enum => Value(
            key, string.Join(", ", Enum.GetNames<TEnum>()), required,
            static node => AsText(node) is { } text && Enum.GetNames<TEnum>().Contains(text) ? Enum.Parse<TEnum>(text) : (TEnum?)null, set);

    /// <summary>A list of texts.</summary>
    public void Texts(string key, Action<IReadOnlyList<string>> set, bool required = false)
    {
        var texts = new List<string>();
        if (Items(key, "a list of texts", required, (item, at) =>
            {
                if (item is not null && AsText(item) is { } text)
                {
                    texts.Add(text);
                }
                else
                {
                    errors.Add($"{at} is {Shown(item)}. Set it to text.");
                }
            }))
        {
            set(texts);
        }
    }

    /// <summary>An object of its own.</summary>
    public void Section(string key, Action<NodeReader> read, bool required = false)
    {
        if (Find(key, "an object", required) is { } section)
        {
            Descend(section, $"{path}.{key}", errors, read);
        }
    }

    /// <summary>A list of objects.</summary>
    public void List(string key, Action<NodeReader> read) => Items(key, "a list of objects", required: false, (item, at) => Descend(item, at, errors, read));

    /// <summary>What is either one value or an object, for example a latency.</summary>
    public void Either(string key, Action<string, JsonNode> read)
    {
        if (Find(key, "a value", required: false) is { } found)
        {
            read($"{path}.{key}", found);
        }
    }

    /// <summary>Refuses this object as a whole.</summary>
    public void Refuse(string message) => errors.Add($"{path} {message}");

    public static void Descend(JsonNode? node, string path, List<string> errors, Action<NodeReader> read)
    {
        if (node is not JsonObject section)
        {
            errors.Add($"{path} is {Shown(node)}. Set it to an object with keys of its own.");
            return;
        }

        var reader = new NodeReader(section, path, errors);
        read(reader);
        errors.AddRange(section.Where(pair => !reader._known.Contains(pair.Key)).Select(pair =>
            $"{path}.{pair.Key} is unknown. Leave it out, or take one of {string.Join(", ", reader._known)}."));
    }

    /// <summary>As files and their schema write a time. A bare number is none: nobody would know of what.</summary>
    public static TimeSpan? AsTime(JsonNode node) =>
        AsText(node) is { } text && TimePattern().IsMatch(text) && TimeSpan.TryParseExact(text, ["c"], CultureInfo.InvariantCulture, out var time) ? time : null;

    public static string Shown(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ when AsText(node) is { } text => $"'{(text.Length <= 100 ? text : $"{text.AsSpan(0, 99)}…")}'",
        _ => node.ToJsonString(),
    };

    // By its text: a number of one type in memory does not give itself out as one of another.
    private static double? AsNumber(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number && double.Parse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) is var value && double.IsFinite(value) ? value : null;

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

    private bool Items(string key, string expected, bool required, Action<JsonNode?, string> read)
    {
        var found = Find(key, expected, required);
        if (found is not (null or JsonArray))
        {
            errors.Add($"{path}.{key} is {Shown(found)}. Set it to {expected}.");
        }

        if (found is not JsonArray items)
        {
            return false;
        }

        for (var i = 0; i < items.Count; i++)
        {
            read(items[i], string.Create(CultureInfo.InvariantCulture, $"{path}.{key}[{i}]"));
        }

        return true;
    }

    private void Value<T>(string key, string expected, bool required, Func<JsonNode, T?> parse, Action<T> set)
        where T : struct
    {
        if (Find(key, expected, required) is not { } found)
        {
            return;
        }

        if (parse(found) is { } value)
        {
            set(value);
        }
        else
        {
            errors.Add($"{path}.{key} is {Shown(found)}. Set it to {expected}.");
        }
    }

    private void Value(string key, string expected, bool required, Func<JsonNode, string?> parse, Action<string> set)
    {
        if (Find(key, expected, required) is not { } found)
        {
            return;
        }

        if (parse(found) is { } value)
        {
            set(value);
        }
        else
        {
            errors.Add($"{path}.{key} is {Shown(found)}. Set it to {expected}.");
        }
    }

    [GeneratedRegex(@"^([0-9]{1,5}\.)?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex TimePattern();
}
