using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>A game day as it is planned: what is expected to hold, what goes wrong and when, who asks meanwhile, and when to stop.</summary>
/// <remarks>
/// Immutable. Made in code with <see cref="Named"/>, or read from a JSON or YAML file with <see cref="FromFile"/>; docs/game-day.schema.json describes the file. Times count from the beginning.
/// </remarks>
public sealed record GameDayScenario
{
    /// <summary>What the scorecard is headed with.</summary>
    public required string Name { get; init; }

    /// <summary>What it is to show, for readers.</summary>
    /// <value>Default: null.</value>
    public string? Description { get; init; }

    /// <summary>How long requests are asked. What is under way then is waited for.</summary>
    /// <value>Range: above zero to 24 hours. Leave time before the first step, to see the steady state, and after the last one, to see the recovery.</value>
    public required TimeSpan Duration { get; init; }

    /// <summary>What is expected to hold from beginning to end, outages included.</summary>
    public GameDayHypothesis Hypothesis { get; init; } = new();

    /// <summary>Who asks, and how often.</summary>
    public GameDayLoad Load { get; init; } = new();

    /// <summary>What goes wrong, and when. They may overlap; names are unique.</summary>
    public IReadOnlyList<GameDayStep> Timeline { get; init; } = [];

    /// <summary>When to stop early.</summary>
    /// <value>Default: null, only when a person says so.</value>
    public GameDayAbort? Abort { get; init; }

    /// <summary>Begins a scenario in code.</summary>
    /// <param name="name">What the scorecard is headed with.</param>
    public static GameDayBuilder Named(string name) => new(name);

    /// <summary>Reads a scenario from a file.</summary>
    /// <param name="path">A file that ends in .json, .yaml or .yml.</param>
    /// <exception cref="FormatException">Something is wrong with what the file says: the message lists all of it, each with its place.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static GameDayScenario FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var ending = Path.GetExtension(path);
        return ending.ToUpperInvariant() switch
        {
            ".JSON" => ParseJson(File.ReadAllText(path)),
            ".YAML" or ".YML" => ParseYaml(File.ReadAllText(path)),
            "" => throw new FormatException($"The scenario '{path}' has no ending. Name it .json, .yaml or .yml, as what it holds."),
            _ => throw new FormatException($"The scenario '{path}' ends in '{ending}'. Name it .json, .yaml or .yml, as what it holds."),
        };
    }

    /// <summary>Reads a scenario in JSON.</summary>
    /// <param name="json">As docs/game-day.schema.json describes it.</param>
    /// <exception cref="FormatException">Something is wrong with it: the message lists all of it.</exception>
    public static GameDayScenario ParseJson(string json) => ScenarioReader.Read(JsonNodes.Parse(json));

    /// <summary>Reads a scenario in YAML: the same keys and values as in JSON.</summary>
    /// <param name="yaml">One document, without anchors, aliases and tags.</param>
    /// <exception cref="FormatException">Something is wrong with it: the message lists all of it.</exception>
    public static GameDayScenario ParseYaml(string yaml) => ScenarioReader.Read(YamlNodes.Parse(yaml));

    /// <summary>The scenario as a JSON file.</summary>
    public string ToJson() => ScenarioWriter.Write(this);

    /// <summary>Refuses what cannot be played.</summary>
    /// <exception cref="ArgumentException">The message lists everything that is wrong with it.</exception>
    internal void Validate()
    {
        var errors = ScenarioValidation.ErrorsOf(this).Select(static error => $"{error.Path}: {error.Message}").ToArray();
        if (errors.Length > 0)
        {
            throw new ArgumentException($"The scenario '{Name}' cannot be played.{Environment.NewLine}{string.Join(Environment.NewLine, errors)}");
        }
    }
}

/// <summary>An experiment, and when it starts.</summary>
/// <param name="At">After so much of the game day.</param>
/// <param name="Experiment">What goes wrong, for which calls, and for how long.</param>
public sealed record GameDayStep(TimeSpan At, ChaosExperiment Experiment);
