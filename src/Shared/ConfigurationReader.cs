using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Resilient.Llm.Shared;

/// <summary>
/// Reads one section of a configuration key by key, and collects errors with their paths: unreadable values and unknown keys.
/// </summary>
/// <remarks>
/// Not the configuration binder, whose messages for an unknown key name neither its path nor the known keys. Here each key is read and
/// known in one place, without reflection. A missing or null key leaves the default. Also compiled into the packages that read a section of
/// their own.
/// </remarks>
internal sealed class ConfigurationReader
{
    private readonly Dictionary<string, IConfigurationSection> _children = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _known = [];
    private readonly List<string> _errors;
    private readonly string? _path;
    private readonly string _what;

    private ConfigurationReader(IConfiguration configuration, List<string> errors, string what)
    {
        _path = (configuration as IConfigurationSection)?.Path;
        _errors = errors;
        _what = what;
        foreach (var child in configuration.GetChildren())
        {
            _children[child.Key] = child;
        }
    }

    /// <exception cref="ArgumentException">Something is wrong with it: the message lists all errors.</exception>
    public static void Read(IConfiguration configuration, Action<ConfigurationReader> read, string what = "the ladder")
    {
        var errors = new List<string>();
        var reader = new ConfigurationReader(configuration, errors, what);
        read(reader);
        if (reader._children.Count == 0)
        {
            errors.Add($"{reader.Here} has no keys. Pass the section that holds {what}. {reader.KnownKeys}");
        }

        reader.RefuseUnknownKeys();
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(configuration));
        }
    }

    private delegate bool Parser<T>(string text, out T value);

    public void Text(string key, Action<string> set) =>
        Value(key, "text that is not blank", static (text, out value) => (value = text).Length > 0, set);

    /// <summary>A text, read immediately; null if there is none.</summary>
    public string? Text(string key)
    {
        string? text = null;
        Text(key, value => text = value);
        return text;
    }

    /// <summary>Whether the section enables what it describes: true, unless its <c>Enabled</c> is false.</summary>
    public bool IsEnabled()
    {
        var isEnabled = true;
        Bool("Enabled", value => isEnabled = value);
        return isEnabled;
    }

    public void Bool(string key, Action<bool> set) => Value(key, "true or false", bool.TryParse, set);

    public void Whole(string key, Action<int> set) => Value(
        key, "a whole number",
        static (text, out value) => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value), set);

    public void Long(string key, Action<long> set) => Value(
        key, "a whole number",
        static (text, out value) => long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value), set);

    public void Number(string key, Action<double> set) => Value(
        key, "a number such as 0.5",
        static (text, out value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value), set);

    /// <summary>One of the names of an enumeration; its numbers are refused.</summary>
    public void Choice<TEnum>(string key, Action<TEnum> set)
        where TEnum : struct, Enum => Value(
            key,
            string.Join(" or ", Enum.GetNames<TEnum>()),
            static (text, out value) =>
                Enum.TryParse(text, ignoreCase: true, out value)
                && Enum.GetNames<TEnum>().Contains(text, StringComparer.OrdinalIgnoreCase),
            set);

    /// <summary>One of several named values.</summary>
    public void Choice<T>(string key, Dictionary<string, T> choices, Action<T> set)
        where T : class => Value(key, string.Join(" or ", choices.Keys), (text, out value) => choices.TryGetValue(text, out value!), set);

    /// <summary>A time such as "00:01:40" or "infinite". A bare number is refused: .NET reads "30" as thirty days.</summary>
    public void Time(string key, Action<TimeSpan> set) => Value(
        key, "a time as hours:minutes:seconds, for example 00:00:30, 00:00:00.250 or 1.00:00:00 (a day), or infinite", TryParseTime, set);

    /// <summary>A time, or a section of its own.</summary>
    public void TimeOrSection(string key, Action<TimeSpan> set, Action<ConfigurationReader> read)
    {
        if (Find(key) is { Value.Length: > 0 })
        {
            Time(key, set);
        }
        else
        {
            Section(key, read);
        }
    }

    /// <summary>A section of its own, read if it is present, even if empty.</summary>
    public void Section(string key, Action<ConfigurationReader> read)
    {
        if (Find(key) is { } section)
        {
            Descend(section, read);
        }
    }

    /// <summary>A list of sections.</summary>
    public void List(string key, Action<ConfigurationReader> read)
    {
        foreach (var item in Items(key))
        {
            Descend(item, read);
        }
    }

    /// <summary>A list of texts, none of them blank. If the key is present, so must be an item.</summary>
    public void Texts(string key, Action<IReadOnlyList<string>> set)
    {
        var items = Items(key).ToArray();
        if (Find(key) is not { } section)
        {
            return;
        }

        var blank = Array.Find(items, static item => string.IsNullOrWhiteSpace(item.Value));
        if (items.Length == 0 || blank is not null)
        {
            _errors.Add($"{(blank ?? section).Path} is empty. List at least one text and none that is blank, or leave {key} out.");
            return;
        }

        Apply(section.Path, () => set([.. items.Select(static item => item.Value!.Trim())]));
    }

    /// <summary>Marks a key as known that is read elsewhere.</summary>
    public void Ignore(string key) => Find(key);

    /// <summary>Refuses the whole section if a condition does not hold.</summary>
    public void Require(bool holds, string message)
    {
        if (!holds)
        {
            _errors.Add($"{Here} {message}");
        }
    }

    /// <summary>Applies the section; an error that the options find is reported with its path.</summary>
    public void Apply(Action apply) => Apply(_path, apply);

    private string Here => string.IsNullOrEmpty(_path) ? "The configuration" : _path;

    private string KnownKeys => $"Known keys: {string.Join(", ", _known)}.";

    private void Descend(IConfigurationSection section, Action<ConfigurationReader> read)
    {
        var reader = new ConfigurationReader(section, _errors, _what);
        read(reader);
        if (!string.IsNullOrEmpty(section.Value))
        {
            _errors.Add($"{section.Path} is '{section.Value}', where a section is expected. {reader.KnownKeys}");
        }

        reader.RefuseUnknownKeys();
    }

    /// <summary>TimeSpan reads "24:00:00" as 24 days, since 24 is not an hour of a day.</summary>
    private static bool HasDaysForHours(string text, TimeSpan value) =>
        value.Days != 0 && text.AsSpan().Count(':') < 3 && !text.AsSpan(0, text.IndexOf(':', StringComparison.Ordinal)).Contains('.');

    private IConfigurationSection? Find(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return _children.GetValueOrDefault(key);
    }

    private IEnumerable<IConfigurationSection> Items(string key)
    {
        if (Find(key) is not { } section)
        {
            return [];
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            _errors.Add($"{section.Path} is '{section.Value}', where a list is expected. "
                + $"Write a list, or number the keys: {section.Path}:0.");
        }

        return section.GetChildren();
    }

    private static bool TryParseTime(string text, out TimeSpan value)
    {
        value = Timeout.InfiniteTimeSpan;
        return text.Equals("infinite", StringComparison.OrdinalIgnoreCase)
            || (text.Contains(':', StringComparison.Ordinal)
                && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value)
                && !HasDaysForHours(text, value));
    }

    private void Value<T>(string key, string expected, Parser<T> parse, Action<T> set)
    {
        if (Find(key) is not { } section)
        {
            return;
        }

        if (section.GetChildren().Any())
        {
            _errors.Add($"{section.Path} holds keys of its own, where {expected} is expected.");
        }
        else if (section.Value is { } text)
        {
            if (parse(text.Trim(), out var value))
            {
                Apply(section.Path, () => set(value));
            }
            else
            {
                _errors.Add($"{section.Path} is '{text}'. Set it to {expected}.");
            }
        }
    }

    private void Apply(string? path, Action apply)
    {
        try
        {
            apply();
        }
        catch (ArgumentException exception)
        {
            _errors.Add($"{path}: {exception.Message}");
        }
    }

    private void RefuseUnknownKeys()
    {
        var unknown = _children.Values.Where(child => !_known.Contains(child.Key, StringComparer.OrdinalIgnoreCase)).ToArray();
        if (unknown.Length == 0)
        {
            return;
        }

        var hint = string.IsNullOrEmpty(_path)
            ? $" If this is the whole configuration of the application, pass the section that holds {_what}."
            : string.Empty;
        var more = unknown.Length > 5 ? string.Create(CultureInfo.InvariantCulture, $" and {unknown.Length - 5} more") : string.Empty;
        _errors.Add($"Unknown: {string.Join(", ", unknown.Take(5).Select(static child => child.Path))}{more}. {KnownKeys}{hint}");
    }
}
