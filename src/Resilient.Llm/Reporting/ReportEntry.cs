using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Resilient.Llm.Reporting;

/// <summary>A report as a guest in the properties of an answer, which frameworks serialise by rules of their own.</summary>
/// <remarks>
/// Without reflection, a serialiser writes an object of an unknown type only by a type above it that its context knows. A dictionary of
/// objects is one that every context for answers knows, an ordinary class is not. Only the interface is implemented, and the entries are
/// made when they are read: a report that nothing serialises costs this object alone. The values are strings, booleans and JSON, which such
/// contexts know too. Read-only and immutable.
/// </remarks>
internal sealed class ReportEntry(ResilienceReport report) : IDictionary<string, object?>
{
    public ResilienceReport Report { get; } = report;

    public ICollection<string> Keys => Entries().Keys;

    public ICollection<object?> Values => Entries().Values;

    public int Count => Entries().Count;

    public bool IsReadOnly => true;

    public object? this[string key]
    {
        get => Entries()[key];
        set => throw ReadOnly();
    }

    /// <summary>What is shown of it in logs and debuggers.</summary>
    public override string ToString() => Report.ToString();

    public bool ContainsKey(string key) => Entries().ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out object? value) => Entries().TryGetValue(key, out value);

    public bool Contains(KeyValuePair<string, object?> item) => Entries().Contains(item);

    public void CopyTo(KeyValuePair<string, object?>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, object?>>)Entries()).CopyTo(array, arrayIndex);

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Entries().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Add(string key, object? value) => throw ReadOnly();

    public void Add(KeyValuePair<string, object?> item) => throw ReadOnly();

    public void Clear() => throw ReadOnly();

    public bool Remove(string key) => throw ReadOnly();

    public bool Remove(KeyValuePair<string, object?> item) => throw ReadOnly();

    private static NotSupportedException ReadOnly() => new("A report cannot be changed.");

    private Dictionary<string, object?> Entries()
    {
        var entries = new Dictionary<string, object?>();
        var json = JsonSerializer.SerializeToElement(Report, ResilienceReportJsonContext.Default.ResilienceReport);
        foreach (var property in json.EnumerateObject())
        {
            entries[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.String => property.Value.GetString(),
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => property.Value,
            };
        }

        return entries;
    }
}
