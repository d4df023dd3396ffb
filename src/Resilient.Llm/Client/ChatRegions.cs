using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>An operator's switches that take whole regions out of service, fully or as a last choice, and put them back.</summary>
/// <remarks>
/// <para>
/// A region is every endpoint of every model that declared it with <c>InRegion</c>; names are case-insensitive. A switch applies to every
/// call not yet made: first attempts, retries, hedges, continuations. Calls and streams in progress continue.
/// </para>
/// <para>
/// The switches are independent of the circuits and change none: a circuit isolated by hand stays isolated when its region is restored.
/// They belong to this process and are not stored. Thread-safe; setting a switch to its present state does nothing.
/// </para>
/// </remarks>
public sealed class ChatRegions
{
    private readonly Dictionary<string, Region> _regions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Region> _inOrder = [];
    private readonly ChatEvents _events;

    internal ChatRegions(ChatEvents events) => _events = events;

    /// <summary>Gets the present state of every region, in declaration order. Empty if no endpoint declared one.</summary>
    public IReadOnlyList<ChatRegion> States =>
    [
        .. _inOrder.Select(static region => new ChatRegion(region.Name, region.Geography, region.Endpoints, region.Switch.State)),
    ];

    /// <summary>Asks the region's endpoints last: only for requests that no other model can answer, and without retries.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists the declared regions.</exception>
    public void Drain(string region) => Set(region, ChatRegionState.Drained);

    /// <summary>Sends no new calls to the region, even if no other model can answer. Calls in progress continue.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists the declared regions.</exception>
    public void Isolate(string region) => Set(region, ChatRegionState.Isolated);

    /// <summary>Puts the region back into service. Its circuits stay: an open one still needs a probe, an isolated one a reset.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists the declared regions.</exception>
    public void Restore(string region) => Set(region, ChatRegionState.InService);

    /// <summary>Adds an endpoint while the ladder is built. Returns the switch of its region; null if it declared none.</summary>
    internal RegionSwitch? Add(Endpoint endpoint)
    {
        if (endpoint.Region is not { } name)
        {
            return null;
        }

        if (!_regions.TryGetValue(name, out var region))
        {
            _regions[name] = region = new(name);
            _inOrder.Add(region);
        }

        region.Geography ??= endpoint.Geography;
        region.Endpoints = [.. region.Endpoints, endpoint.DisplayName];
        return region.Switch;
    }

    private void Set(string name, ChatRegionState state)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!_regions.TryGetValue(name.Trim(), out var region))
        {
            throw new KeyNotFoundException($"There is no region '{name}'. " + (_inOrder.Count == 0
                ? "No endpoint declares one: call InRegion(region, geography)."
                : $"Known regions: {string.Join(", ", _inOrder.Select(static known => $"'{known.Name}'"))}."));
        }

        if (region.Switch.TrySet(state, out var before))
        {
            _events.RegionChanged(region.Name, before, state, region.Endpoints);
        }
    }

    private sealed class Region(string name)
    {
        public string Name { get; } = name;

        public string? Geography { get; set; }

        public IReadOnlyList<string> Endpoints { get; set; } = [];

        public RegionSwitch Switch { get; } = new();
    }
}

/// <summary>A region of a ladder at one moment.</summary>
/// <param name="Name">As first declared.</param>
/// <param name="Geography">As declared; null if no endpoint in it declared one.</param>
/// <param name="Endpoints">"model/endpoint", or "model" for a model with one unnamed endpoint.</param>
/// <param name="State">The operator's decision. For the health of the endpoints see <see cref="ChatCircuits"/>.</param>
public sealed record ChatRegion(string Name, string? Geography, IReadOnlyList<string> Endpoints, ChatRegionState State);
