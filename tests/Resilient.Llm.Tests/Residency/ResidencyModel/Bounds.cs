using System.Text.Json;

namespace Resilient.Llm.Tests;

/// <summary>The test's own arithmetic of residencies, so that it does not believe the library's: a bit for each geography, or no bound at all.</summary>
internal readonly record struct Bounds(int? Mask)
{
    // "DE" is not within "EU" unless both are listed.
    private static readonly string[] s_geographies = ["EU", "US", "CH", "DE"];

    public static Bounds Anywhere => default;

    public bool IsAnywhere => Mask is null;

    public static Bounds From(Draw draw)
    {
        var mask = 0;
        for (var count = draw.Weighted((4, 1), (3, 2), (1, 3)); count > 0; count--)
        {
            mask |= 1 << IndexOf(Geography(draw));
        }

        return new(mask);
    }

    public static string Geography(Draw draw) => draw.Weighted((5, "EU"), (3, "US"), (2, "CH"), (1, "DE"));

    /// <summary>A declaration; null: none.</summary>
    public static string? Declared(Draw draw) => draw.Chance(0.15) ? null : Spelled(Geography(draw), draw);

    /// <summary>A place that nobody declared is within no bound.</summary>
    public bool Allows(string? geography) => Mask is not { } mask || (geography is not null && (mask & (1 << IndexOf(geography))) != 0);

    public Bounds And(Bounds other) => Mask is not { } mask ? other : other.Mask is { } second ? new(mask & second) : this;

    public string[] Geographies(Draw draw)
    {
        var self = this;
        return [.. s_geographies.Where(geography => self.Allows(geography)).Select(geography => Spelled(geography, draw))];
    }

    public DataResidency ToResidency(Draw draw) => IsAnywhere ? DataResidency.Anywhere : DataResidency.Within(Geographies(draw));

    /// <summary>One of the forms that are accepted under the reserved key. Not for bounds without any geography.</summary>
    public object ToProperty(Draw draw) => IsAnywhere ? DataResidency.Anywhere : draw.Int(0, 4) switch
    {
        0 => ToResidency(draw),
        1 => string.Join(", ", Geographies(draw)),
        2 => Geographies(draw),
        3 => JsonSerializer.SerializeToElement(string.Join(",", Geographies(draw))),
        _ => JsonSerializer.SerializeToElement(Geographies(draw)),
    };

    public override string ToString()
    {
        var self = this;
        return IsAnywhere ? "anywhere" : Mask == 0 ? "nowhere" : string.Join(",", s_geographies.Where(geography => self.Allows(geography)));
    }

    private static string Spelled(string geography, Draw draw) => draw.Chance(0.2) ? geography.ToLowerInvariant() : geography;

    private static int IndexOf(string geography) => Array.FindIndex(s_geographies, known => known.Equals(geography, StringComparison.OrdinalIgnoreCase));
}
