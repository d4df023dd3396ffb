using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Maps the keys of a scenario file to properties. docs/game-day.schema.json describes the same format.</summary>
internal static class ScenarioReader
{
    private const string Latencies =
        "a time such as \"00:00:10\", to {\"from\": \"00:00:01\", \"to\": \"00:00:05\"}, or to {\"median\": \"00:00:02\", \"spread\": 0.5}";

    // The defaults of keys that a file leaves out.
    private static readonly GameDayHypothesis s_hypothesis = new();
    private static readonly GameDayLoad s_load = new();
    private static readonly GameDayAbort s_abort = new();
    private static readonly ChaosGuard s_guard = new();
    private static readonly ChaosExperiment s_experiment = new() { Name = "unnamed", Fault = new(ChaosFaultKind.Severed) };

    /// <exception cref="FormatException">The node is invalid. The message lists all errors.</exception>
    public static GameDayScenario Read(JsonNode? node)
    {
        var errors = new List<string>();
        var scenario = NodeReader.Descend(node, "$", errors, Scenario);

        // Unreadable keys have their defaults now. Validating them would report values that the file does not contain.
        if (errors.Count == 0)
        {
            errors.AddRange(ScenarioValidation.ErrorsOf(scenario!).Select(static error => $"{error.Path} {error.Message}"));
        }

        return errors.Count == 0 ? scenario! : throw new FormatException(string.Join(Environment.NewLine, errors));
    }

    private static GameDayScenario Scenario(NodeReader reader)
    {
        reader.Text("$schema");
        return new()
        {
            Name = reader.Text("name", required: true) ?? "unnamed",
            Description = reader.Text("description"),
            Duration = reader.Time("duration", required: true) ?? default,
            Hypothesis = reader.Section("hypothesis", Hypothesis) ?? s_hypothesis,
            Load = reader.Section("load", Load) ?? s_load,
            Timeline = reader.List("timeline", Step),
            Abort = reader.Section("abort", Abort),
        };
    }

    private static GameDayHypothesis Hypothesis(NodeReader reader) => new()
    {
        Answered = reader.Number("answered") ?? s_hypothesis.Answered,
        AnsweredWithin = reader.Section("answeredWithin", static it =>
            new GameDayPromptness(it.Time("time", required: true) ?? default, it.Number("share", required: true) ?? 1)),
        ByModel = reader.Number("byModel"),
        FirstContentP99 = reader.Time("firstContentP99"),
        BrokenStreams = reader.Number("brokenStreams"),
        EveryExperimentHits = reader.Bool("everyExperimentHits") ?? s_hypothesis.EveryExperimentHits,
    };

    private static GameDayLoad Load(NodeReader reader) => new()
    {
        RequestsPerSecond = reader.Number("requestsPerSecond") ?? s_load.RequestsPerSecond,
        RampUp = reader.Time("rampUp") ?? s_load.RampUp,
        Streams = reader.Number("streams") ?? s_load.Streams,
        Questions = reader.Texts("questions") ?? s_load.Questions,
        NewQuestions = reader.Number("newQuestions") ?? s_load.NewQuestions,
        Tenants = reader.Texts("tenants") ?? s_load.Tenants,
        Residencies = reader.List("residencies", static it =>
            new GameDayResidency(it.Texts("within", required: true) ?? [], it.Number("share", required: true) ?? 1)),
        Seed = reader.Whole("seed") ?? s_load.Seed,
        MaxInFlight = reader.Whole("maxInFlight") ?? s_load.MaxInFlight,
    };

    private static GameDayAbort Abort(NodeReader reader) => new()
    {
        AnsweredBelow = reader.Number("answeredBelow"),
        Window = reader.Time("window") ?? s_abort.Window,
        MinRequests = reader.Whole("minRequests") ?? s_abort.MinRequests,
        Failures = reader.Whole("failures"),
    };

    private static GameDayStep Step(NodeReader reader) => new(reader.Time("at", required: true) ?? default, new()
    {
        Name = reader.Text("name", required: true) ?? s_experiment.Name,
        Duration = reader.Time("duration", required: true) ?? s_experiment.Duration,
        Fault = reader.Section("fault", Fault, required: true) ?? s_experiment.Fault,
        Target = reader.Section("target", Target) ?? s_experiment.Target,
        Rate = reader.Number("rate") ?? s_experiment.Rate,
        Guard = reader.Section("guard", Guard),
    });

    private static ChaosFault Fault(NodeReader reader) => new(reader.Choice<ChaosFaultKind>("kind", required: true) ?? default)
    {
        Latency = Latency(reader),
        RetryAfter = reader.Time("retryAfter"),
        AfterContents = reader.Whole("afterContents") ?? s_experiment.Fault.AfterContents,
    };

    /// <summary>A fixed time, From and To for a uniform distribution, or Median and Spread for a log-normal one.</summary>
    private static ChaosLatency? Latency(NodeReader fault)
    {
        switch (fault.Any("latency"))
        {
            case null:
                return null;
            case JsonObject:
                return fault.Section("latency", Distribution);
            case var node when NodeReader.AsTime(node) is { } time:
                return ChaosLatency.Fixed(time);
            case var node:
                fault.Refuse($"has the latency {NodeReader.Shown(node)}. Set it to {Latencies}.");
                return null;
        }
    }

    private static ChaosLatency? Distribution(NodeReader reader)
    {
        switch (reader.Time("from"), reader.Time("to"), reader.Time("median"), reader.Number("spread"))
        {
            case ({ } from, { } to, null, null) when from <= to:
                return ChaosLatency.Uniform(from, to);
            case (null, null, { } median, { } spread) when median > TimeSpan.Zero && spread is >= 0 and <= 5:
                return ChaosLatency.LogNormal(median, spread);
            default:
                reader.Refuse(
                    $"is no latency. Set it to {Latencies}; \"from\" is no later than \"to\", \"median\" above zero, \"spread\" 0 to 5.");
                return null;
        }
    }

    private static ChaosBlastRadius Target(NodeReader reader) => new()
    {
        Models = reader.Texts("models") ?? [],
        Endpoints = reader.Texts("endpoints") ?? [],
        Regions = reader.Texts("regions") ?? [],
        Geographies = reader.Texts("geographies") ?? [],
        Dependencies = reader.Texts("dependencies") ?? [],
        Tenants = reader.Texts("tenants") ?? [],
        Share = reader.Number("share") ?? s_experiment.Target.Share,
    };

    private static ChaosGuard Guard(NodeReader reader) => new()
    {
        MinSuccessRate = reader.Number("minSuccessRate"),
        MaxP99 = reader.Time("maxP99"),
        Window = reader.Time("window") ?? s_guard.Window,
        MinRequests = reader.Whole("minRequests") ?? s_guard.MinRequests,
    };
}
