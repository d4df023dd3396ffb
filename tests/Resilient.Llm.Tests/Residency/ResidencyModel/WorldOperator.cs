namespace Resilient.Llm.Tests;

/// <summary>Somebody who takes the regions of one ladder out of service and puts them back, and knows what was decided.</summary>
internal sealed class WorldOperator(ResidencyWorld world, ChatRegions regions)
{
    private readonly string[] _names = [.. regions.States.Select(static region => region.Name)];
    private readonly Dictionary<string, ChatRegionState> _states = new(StringComparer.OrdinalIgnoreCase);

    public bool IsIsolated(string? region) => region is not null && _states.GetValueOrDefault(region) == ChatRegionState.Isolated;

    public bool IsDrained(string? region) => region is not null && _states.GetValueOrDefault(region) == ChatRegionState.Drained;

    /// <summary>Changes the state of one region, perhaps. What is out of service comes back soon, or little would happen.</summary>
    /// <returns>What was done; null: nothing.</returns>
    public string? Act(double probability)
    {
        if (_names.Length == 0 || !world.Draw.Chance(probability))
        {
            return null;
        }

        var name = world.Draw.One(_names);
        var state = _states.GetValueOrDefault(name) != ChatRegionState.InService ? ChatRegionState.InService
            : world.Draw.Chance(0.5) ? ChatRegionState.Drained
            : ChatRegionState.Isolated;

        // Noted first: who is let through by the switch must be right already.
        _states[name] = state;
        switch (state)
        {
            case ChatRegionState.InService:
                regions.Restore(name);
                break;
            case ChatRegionState.Drained:
                regions.Drain(name);
                break;
            default:
                regions.Isolate(name);
                break;
        }

        return $"region {name} {state}";
    }
}
