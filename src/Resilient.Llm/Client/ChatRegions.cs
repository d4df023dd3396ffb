using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>An operator's switches for whole regions: take one out of service, wholly or as far as others can answer, and put it back.</summary>
/// <remarks>
/// <para>
/// A region is every endpoint of every model that declared it with <c>InRegion</c>; names are compared without regard to case. A switch holds for every call that has not been made
/// yet: first attempts, retries, hedges, continuations. Calls in progress go on, streams too.
/// </para>
/// <para>
/// The switches stand beside the circuits of the endpoints and change none of them: a circuit that was isolated by hand still is when its region is restored. They are the process's own and
/// forgotten with it. Thread-safe; setting a switch to what it is does nothing.
/// </para>
/// </remarks>
public sealed class ChatRegions
{
    private readonly Dictionary<string, Region> _regions = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Region> _inOrder = [];
    private readonly ChatEvents _events;

    internal ChatRegions(ChatEvents events) => _events = events;

    /// <summary>Every region as it is now, in the order in which they were declared. Empty where no endpoint declared one.</summary>
    public IReadOnlyList<ChatRegion> States => [.. _inOrder.Select(static region => new ChatRegion(region.Name, region.Geography, region.Endpoints, region.Switch.State))];

    /// <summary>Asks the region's endpoints last of all models: only requests that nobody else can answer go there, and those are not retried there.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists those there are.</exception>
    public void Drain(string region) => Set(region, ChatRegionState.Drained);

    /// <summary>Sends nothing there any more, even if nobody else can answer. Does not cut off what is in progress.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists those there are.</exception>
    public void Isolate(string region) => Set(region, ChatRegionState.Isolated);

    /// <summary>Puts the region back into service. Its circuits are as they are: one that is open still has to be probed, one that was isolated by hand to be reset.</summary>
    /// <param name="region">The region, as declared.</param>
    /// <exception cref="KeyNotFoundException">No endpoint declared it; the message lists those there are.</exception>
    public void Restore(string region) => Set(region, ChatRegionState.InService);

    /// <summary>Adds an endpoint while the ladder is built.</summary>
    /// <returns>The switch of its region; null where it declared none.</returns>
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
/// <param name="Geography">As declared; null where no endpoint in it did.</param>
/// <param name="Endpoints">"model/endpoint", or "model" where a model has only one without a name of its own.</param>
/// <param name="State">What the operator has decided. Says nothing about the health of the endpoints: for that see <see cref="ChatCircuits"/>.</param>
public sealed record ChatRegion(string Name, string? Geography, IReadOnlyList<string> Endpoints, ChatRegionState State);
