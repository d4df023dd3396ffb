using System.Collections.Frozen;

namespace Resilient.Llm;

/// <summary>The set of geographies that a request's data may reach.</summary>
/// <remarks>
/// Geographies form a flat set, compared ordinally and without regard to case: "DE" is not within "EU" unless both are listed. Immutable
/// and safe to share between threads.
/// </remarks>
public sealed class DataResidency : IEquatable<DataResidency>
{
    private readonly FrozenSet<string>? _geographies;

    private DataResidency(FrozenSet<string>? geographies) => _geographies = geographies;

    /// <summary>Gets no bound: the data may go anywhere, also to endpoints without a declared geography.</summary>
    public static DataResidency Anywhere { get; } = new(null);

    internal static DataResidency Nowhere { get; } = new(FrozenSet<string>.Empty);

    /// <summary>Gets whether this is <see cref="Anywhere"/>.</summary>
    public bool IsAnywhere => _geographies is null;

    /// <summary>Gets the allowed geographies, sorted; empty both for <see cref="Anywhere"/> and when nothing is allowed.</summary>
    public IReadOnlyList<string> Geographies =>
        _geographies is null ? [] : [.. _geographies.Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>Binds data to the given geographies.</summary>
    /// <param name="geographies">For example "EU" or "EU", "CH". At least one, none of them blank.</param>
    /// <exception cref="ArgumentException">No geography was given, or one is blank.</exception>
    public static DataResidency Within(params IEnumerable<string> geographies)
    {
        ArgumentNullException.ThrowIfNull(geographies);
        var set = geographies.Select(static g => g?.Trim() ?? string.Empty).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        if (set.Count == 0 || set.Contains(string.Empty))
        {
            throw new ArgumentException(
                "DataResidency.Within needs at least one geography and none of them blank, "
                + "for example DataResidency.Within(\"EU\"). Use DataResidency.Anywhere for no bound.",
                nameof(geographies));
        }

        return new(set);
    }

    /// <summary>
    /// Whether data under this bound may reach <paramref name="geography"/> (trimmed). Only <see cref="Anywhere"/> allows an undeclared
    /// (null) one.
    /// </summary>
    public bool Allows(string? geography) =>
        _geographies is null || (geography is not null && _geographies.Contains(geography.Trim()));

    /// <summary>The bound that satisfies both. Two bounds without a common geography allow nothing.</summary>
    public DataResidency Intersect(DataResidency other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (_geographies is null || ReferenceEquals(this, other))
        {
            return other;
        }

        return other._geographies is null
            ? this
            : new(_geographies.Where(other._geographies.Contains).ToFrozenSet(StringComparer.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public bool Equals(DataResidency? other) =>
        other is not null
        && (_geographies is null
            ? other._geographies is null
            : other._geographies is not null && _geographies.SetEquals(other._geographies));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DataResidency);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = _geographies is null ? 1 : 0;
        foreach (var geography in _geographies ?? [])
        {
            hash ^= StringComparer.OrdinalIgnoreCase.GetHashCode(geography);
        }

        return hash;
    }

    /// <summary>"anywhere", "nowhere", or the geographies joined by commas.</summary>
    public override string ToString() =>
        _geographies is null ? "anywhere" : _geographies.Count == 0 ? "nowhere" : string.Join(",", Geographies);
}
