using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Resilient.Llm.Residency;

namespace Resilient.Llm;

/// <summary>What a ladder's data can reach: for each geography that is declared anywhere, every endpoint, store and search that a request bound to exactly it may be sent to.</summary>
/// <remarks>
/// Get it with <c>client.GetService&lt;ResidencyMap&gt;()</c>: to show an auditor, and to assert in a test. It is made when the ladder is built, from the places that the ladder
/// really calls and the rule that it applies to each request. It shows what was declared; whether an endpoint lies where its declaration says cannot be seen from here. Immutable, holds names from the
/// configuration only, and serialises with <see cref="ResidencyMapJsonContext"/>.
/// </remarks>
public sealed record ResidencyMap
{
    /// <summary>What binds every request: "anywhere", or geographies joined by commas.</summary>
    public required string Policy { get; init; }

    /// <summary>Whether a request that does not say where its data may go is refused.</summary>
    public required bool RequiresResidency { get; init; }

    /// <summary>One for each geography, in alphabetical order; the last, without a geography, for requests that are not bound by any.</summary>
    public required IReadOnlyList<ResidencyReach> Reaches { get; init; }

    /// <summary>Clients of the application above the ladder (<c>chat.Use</c>). They see prompts and answers, and connections that they open are outside the guarantee.</summary>
    public int ClientsAbove { get; init; }

    /// <summary>Rules of the last resort that are code of the application. They see the question, and connections that they open are outside the guarantee.</summary>
    public int RulesInCode { get; init; }

    /// <summary>All places with what bounds them.</summary>
    internal IReadOnlyList<BoundPlace> Places { get; init; } = [];

    /// <summary>What the data of a request with this residency can reach.</summary>
    /// <param name="residency">The request's own; the ladder's policy comes on top.</param>
    public IReadOnlyList<ResidencyPlace> ReachOf(DataResidency residency)
    {
        ArgumentNullException.ThrowIfNull(residency);
        return [.. Places.Where(place => place.Admits(residency)).Select(static place => place.Place)];
    }

    /// <summary>The map as text, a geography a paragraph.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"policy: data {Policy}{(RequiresResidency ? ", every request must say where its data may go" : "")}\n");
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

        text.Append(CultureInfo.InvariantCulture, $"outside the guarantee: clients of the application above the ladder: {ClientsAbove}, rules of the last resort in code: {RulesInCode}, ");
        text.Append(CultureInfo.InvariantCulture, $"clients and pipelines around endpoints: {Places.Sum(static place => place.Place.OwnCode)}");
        return text.ToString();
    }
}

/// <summary>What data bound to one geography can reach.</summary>
public sealed record ResidencyReach
{
    /// <summary>The geography; null for requests that are not bound by themselves, but by the ladder's policy alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Geography { get; init; }

    /// <summary>The places, in the order of the ladder.</summary>
    public required IReadOnlyList<ResidencyPlace> Places { get; init; }
}

/// <summary>Somewhere that a request's data can go.</summary>
public sealed record ResidencyPlace
{
    /// <summary>What it is.</summary>
    public required ResidencyPlaceKind Kind { get; init; }

    /// <summary>Its name in reports: "model", "model/endpoint", "cache/memory", "cache/distributed" or the type of the search.</summary>
    public required string Name { get; init; }

    /// <summary>The region, as declared; null where none is.</summary>
    public string? Region { get; init; }

    /// <summary>The geography, as declared; null where none is, and then no bound request reaches it.</summary>
    public string? Geography { get; init; }

    /// <summary>How many clients and pipelines of the application (<c>Use</c>, <c>UseInnermost</c>, <c>WithPipeline</c>) stand around the endpoint. Connections that they open are outside the guarantee.</summary>
    public int OwnCode { get; init; }

    /// <summary>One line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind.ToString().ToLowerInvariant()} {Name}{(Region is null ? "" : $" in {Region}")} ({Geography ?? "undeclared"}){(OwnCode == 0 ? "" : $", code of the application around it: {OwnCode}")}");
}

/// <summary>What a place is that data can reach.</summary>
public enum ResidencyPlaceKind
{
    /// <summary>An endpoint of a model.</summary>
    Endpoint = 0,

    /// <summary>An endpoint that is a ladder itself; what its data can reach follows by name.</summary>
    Ladder,

    /// <summary>A store of answers.</summary>
    Store,

    /// <summary>A search of the last resort.</summary>
    Search,
}

/// <summary>JSON metadata of <see cref="ResidencyMap"/>: serialises it without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(ResidencyMap))]
public sealed partial class ResidencyMapJsonContext : JsonSerializerContext;
