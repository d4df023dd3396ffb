namespace Resilient.Llm.Architecture;

/// <summary>The rooms of a package by level, lowest first. A room is a folder of sources.</summary>
/// <remarks>This is the one place that says which room may use which. `docs/architecture.md` draws the same lists, and a test compares them.</remarks>
internal sealed class Levels
{
    private readonly Dictionary<string, int> _levels;
    private readonly HashSet<(string Room, string Used)> _onOneLevel;

    /// <summary>Creates a list.</summary>
    /// <param name="onOneLevel">The uses between rooms of one level: as few as possible, and no cycles.</param>
    /// <param name="rooms">The rooms of each level.</param>
    private Levels((string Room, string Used)[] onOneLevel, params string[][] rooms)
    {
        _onOneLevel = [.. onOneLevel];
        _levels = rooms
            .SelectMany(static (names, level) => names.Select(name => (name, level)))
            .ToDictionary(static entry => entry.name, static entry => entry.level);
    }

    /// <summary>Rooms of src/Resilient.Llm. Nothing uses Recording: it stands above all others.</summary>
    public static Levels OfLibrary { get; } = new(
        [("Failures", "Shared"), ("Utilities", "Shared")],
        ["Failures", "Utilities", "Shared"],
        ["Reporting", "Residency"],
        ["Requests"],
        ["Telemetry"],
        ["Streams", "Endpoints"],
        ["Guarding", "Judging", "Continuation", "Routing"],
        ["Timeouts", "Retries", "RateLimiting", "CircuitBreaking", "Pipelines"],
        ["Fallback", "Caching", "LastResort", "Probes"],
        ["Client"],
        ["Building"],
        ["Recording"]);

    /// <summary>Rooms of src/Resilient.Llm.Chaos.</summary>
    public static Levels OfChaos { get; } = new(
        [],
        ["Faults", "Measuring", "Shared"],
        ["Experiments", "Simulation"],
        ["Points", "GameDays"],
        ["Scorecards"],
        ["Playing"]);

    public IReadOnlyCollection<string> Rooms => _levels.Keys;

    /// <summary>The level of a room; null for one that is not in the list.</summary>
    public int? Of(string room) => _levels.TryGetValue(room, out var level) ? level : null;

    /// <summary>Whether one room may use another: one of a lower level, or one of its own that is listed.</summary>
    public bool Allow(string room, string used) => Of(room) > Of(used) || (Of(room) == Of(used) && _onOneLevel.Contains((room, used)));
}
