using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos;

/// <summary>The plan of a game day: expectations, load, experiments and abort conditions.</summary>
/// <remarks>
/// Immutable. Create one with <see cref="Named"/>, or read a JSON or YAML file with <see cref="FromFile"/>; docs/game-day.schema.json
/// describes the file. Times count from the beginning.
/// </remarks>
public sealed record GameDayScenario
{
    /// <summary>Gets the name, the heading of the scorecard.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the purpose, for readers.</summary>
    /// <value>Default: null.</value>
    public string? Description { get; init; }

    /// <summary>Gets how long requests are sent. Requests in flight at the end are awaited.</summary>
    /// <value>Range: above zero to 24 hours. Leave time for a steady state before the experiments and a recovery after them.</value>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets the expectations for the whole game day, including outages.</summary>
    public GameDayHypothesis Hypothesis { get; init; } = new();

    /// <summary>Gets the load.</summary>
    public GameDayLoad Load { get; init; } = new();

    /// <summary>Gets the experiments. They may overlap; names are unique.</summary>
    public IReadOnlyList<GameDayStep> Timeline { get; init; } = [];

    /// <summary>Gets the conditions for stopping early.</summary>
    /// <value>Default: null, none.</value>
    public GameDayAbort? Abort { get; init; }

    /// <summary>Starts building a scenario in code.</summary>
    /// <param name="name">The name, the heading of the scorecard.</param>
    public static GameDayBuilder Named(string name) => new(name);

    /// <summary>Reads a scenario from a file.</summary>
    /// <param name="path">A .json, .yaml or .yml file.</param>
    /// <exception cref="FormatException">The content is invalid. The message lists all errors with their places.</exception>
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

    /// <summary>Reads a scenario from JSON.</summary>
    /// <param name="json">A document that matches docs/game-day.schema.json.</param>
    /// <exception cref="FormatException">The content is invalid. The message lists all errors.</exception>
    public static GameDayScenario ParseJson(string json) => ScenarioReader.Read(JsonNodes.Parse(json));

    /// <summary>Reads a scenario from YAML, with the same keys and values as JSON.</summary>
    /// <param name="yaml">One document, without anchors, aliases and tags.</param>
    /// <exception cref="FormatException">The content is invalid. The message lists all errors.</exception>
    public static GameDayScenario ParseYaml(string yaml) => ScenarioReader.Read(YamlNodes.Parse(yaml));

    /// <summary>Returns the scenario as JSON.</summary>
    public string ToJson() => ScenarioWriter.Write(this);

    /// <exception cref="ArgumentException">The scenario is invalid. The message lists all errors.</exception>
    internal void Validate()
    {
        var errors = ScenarioValidation.ErrorsOf(this).Select(static error => $"{error.Path}: {error.Message}").ToArray();
        if (errors.Length > 0)
        {
            throw new ArgumentException(
                $"The scenario '{Name}' cannot be played.{Environment.NewLine}{string.Join(Environment.NewLine, errors)}");
        }
    }
}

/// <summary>An experiment and its start.</summary>
/// <param name="At">The start, from the beginning of the game day.</param>
/// <param name="Experiment">The fault, its target and its duration.</param>
public sealed record GameDayStep(TimeSpan At, ChaosExperiment Experiment);
