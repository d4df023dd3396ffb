namespace Resilient.Llm.Building;

/// <summary>Where a model or an endpoint lies, as declared.</summary>
internal sealed record DeclaredPlace(string Region, string? Geography)
{
    /// <exception cref="ArgumentException">The region or the geography is blank.</exception>
    public static DeclaredPlace Of(string region, string? geography)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(region);
        if (geography is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(geography);
        }

        // Trimmed, as are the names in residencies and region switches.
        return new(region.Trim(), geography?.Trim());
    }
}
