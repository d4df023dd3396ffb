namespace Resilient.Llm;

/// <summary>Where a model or an endpoint lies, as somebody declared it.</summary>
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

        return new(region, geography);
    }
}
