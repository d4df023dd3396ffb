using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Resilient.Llm.Residency;

namespace Resilient.Llm;

/// <summary>
/// What a ladder's data can reach: for each declared geography, every endpoint, store and search that a request bound to it may be sent to.
/// </summary>
/// <remarks>
/// Get it with <c>client.GetService&lt;ResidencyMap&gt;()</c>, for auditors and for assertions in tests. It is made when the ladder is
/// built, from the places that the ladder calls and the rule that it applies to each request. It shows declarations and cannot verify them.
/// Immutable, holds configured names only, and serialises with <see cref="ResidencyMapJsonContext"/>.
/// </remarks>
public sealed record ResidencyMap
{
    /// <summary>Gets what binds every request: "anywhere", or geographies joined by commas.</summary>
    public required string Policy { get; init; }

    /// <summary>Gets whether a request without a stated residency is refused.</summary>
    public required bool RequiresResidency { get; init; }

    /// <summary>Gets one entry for each geography, in alphabetical order, then one without a geography for unbound requests.</summary>
    public required IReadOnlyList<ResidencyReach> Reaches { get; init; }

    /// <summary>
    /// Gets the number of application clients above the ladder (<c>chat.Use</c>). They see prompts and answers; their connections are
    /// outside the guarantee.
    /// </summary>
    public int ClientsAbove { get; init; }

    /// <summary>
    /// Gets the number of last-resort rules in application code. They see the question; their connections are outside the guarantee.
    /// </summary>
    public int RulesInCode { get; init; }

    /// <summary>All places with what bounds them.</summary>
    internal IReadOnlyList<BoundPlace> Places { get; init; } = [];

    /// <summary>What the data of a request with this residency can reach.</summary>
    /// <param name="residency">The request's own; the ladder's policy applies too.</param>
    public IReadOnlyList<ResidencyPlace> ReachOf(DataResidency residency)
    {
        ArgumentNullException.ThrowIfNull(residency);
        return [.. Places.Where(place => place.Admits(residency)).Select(static place => place.Place)];
    }

    /// <summary>The map as text, one paragraph per geography.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"policy: data {Policy}{(RequiresResidency ? ", every request must say where its data may go" : "")}\n");
        foreach (var reach in Reaches)
        {
            text.Append(reach.Geography is null ? "not bound by the request:\n" : $"bound to {reach.Geography}:\n");
            foreach (var place in reach.Places)
            {
                text.Append("  ").Append(place).Append('\n');
            }

            if (reach.Places.Count == 0)
            {
                text.Append("  nothing\n");
            }
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"outside the guarantee: clients of the application above the ladder: {ClientsAbove}, "
            + $"rules of the last resort in code: {RulesInCode}, ");
        text.Append(
            CultureInfo.InvariantCulture,
            $"clients and pipelines around endpoints: {Places.Sum(static place => place.Place.OwnCode)}");
        return text.ToString();
    }
}

/// <summary>What data bound to one geography can reach.</summary>
public sealed record ResidencyReach
{
    /// <summary>Gets the geography; null for requests bound only by the ladder's policy.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Geography { get; init; }

    /// <summary>Gets the places, in the order of the ladder.</summary>
    public required IReadOnlyList<ResidencyPlace> Places { get; init; }
}

/// <summary>A place that a request's data can go to.</summary>
public sealed record ResidencyPlace
{
    /// <summary>Gets what kind of place it is.</summary>
    public required ResidencyPlaceKind Kind { get; init; }

    /// <summary>
    /// Gets its name in reports: "model", "model/endpoint", "cache/memory", "cache/distributed" or the type of the search.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Gets the declared region; null when undeclared.</summary>
    public string? Region { get; init; }

    /// <summary>Gets the declared geography; null when undeclared, and then no bound request reaches it.</summary>
    public string? Geography { get; init; }

    /// <summary>
    /// Gets the number of application clients and pipelines (<c>Use</c>, <c>UseInnermost</c>, <c>WithPipeline</c>) around the endpoint.
    /// Their connections are outside the guarantee.
    /// </summary>
    public int OwnCode { get; init; }

    /// <summary>The place in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind.ToString().ToLowerInvariant()} {Name}{(Region is null ? "" : $" in {Region}")} ({Geography ?? "undeclared"})"
        + $"{(OwnCode == 0 ? "" : $", code of the application around it: {OwnCode}")}");
}

/// <summary>The kind of a place that data can reach.</summary>
public enum ResidencyPlaceKind
{
    /// <summary>An endpoint of a model.</summary>
    Endpoint = 0,

    /// <summary>An endpoint that is a ladder itself; its places follow by name.</summary>
    Ladder,

    /// <summary>A store of answers.</summary>
    Store,

    /// <summary>A search of the last resort.</summary>
    Search,
}

/// <summary>JSON metadata of <see cref="ResidencyMap"/>, for serialisation without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ResidencyMap))]
public sealed partial class ResidencyMapJsonContext : JsonSerializerContext;
