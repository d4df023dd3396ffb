namespace Resilient.Llm.Residency;

/// <summary>
/// A place and what guards it: its ladder's policy, and the endpoint whose client that ladder is (null for the outermost ladder).
/// </summary>
internal sealed record BoundPlace(ResidencyPlace Place, DataResidency Policy, BoundPlace? Behind = null)
{
    /// <summary>
    /// Whether a request with this residency gets here: the rule of ladders and guards, see <see cref="DataResidency.Allows"/>.
    /// </summary>
    public bool Admits(DataResidency residency) => Behind?.Admits(residency) != false && Bound(residency).Allows(Place.Geography);

    /// <summary>The same place, seen from a ladder that has this one behind an endpoint.</summary>
    public BoundPlace SeenBehind(BoundPlace endpoint) => new(
        Place with { Name = $"{endpoint.Place.Name}/{Place.Name}" }, Policy, Behind is null ? endpoint : Behind.SeenBehind(endpoint));

    private DataResidency Bound(DataResidency residency) => (Behind?.Bound(residency) ?? residency).Intersect(Policy);
}
