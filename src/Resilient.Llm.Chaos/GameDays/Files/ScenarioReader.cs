using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>The shape of a scenario's file: which key is which property. docs/game-day.schema.json says the same.</summary>
internal static class ScenarioReader
{
    /// <exception cref="FormatException">Something is wrong with it: the message lists all of it.</exception>
    public static GameDayScenario Read(JsonNode? node)
    {
        var errors = new List<string>();
        var scenario = new GameDayScenario { Name = "unnamed", Duration = TimeSpan.FromMinutes(1) };
        NodeReader.Descend(node, "$", errors, reader => scenario = Scenario(reader, scenario));

        // What cannot be read has its default by now, so that judging the values would blame what nobody wrote.
        if (errors.Count == 0)
        {
            errors.AddRange(ScenarioValidation.ErrorsOf(scenario).Select(static error => $"{error.Path} {error.Message}"));
        }

        return errors.Count == 0 ? scenario : throw new FormatException(string.Join(Environment.NewLine, errors));
    }

    private static GameDayScenario Scenario(NodeReader reader, GameDayScenario scenario)
    {
        reader.Text("$schema", static _ => { });
        reader.Text("name", name => scenario = scenario with { Name = name }, required: true);
        reader.Text("description", text => scenario = scenario with { Description = text });
        reader.Time("duration", time => scenario = scenario with { Duration = time }, required: true);
        reader.Section("hypothesis", it => scenario = scenario with { Hypothesis = Hypothesis(it) });
        reader.Section("load", it => scenario = scenario with { Load = Load(it) });
        var timeline = new List<GameDayStep>();
        reader.List("timeline", it => timeline.Add(Step(it)));
        reader.Section("abort", it => scenario = scenario with { Abort = Abort(it) });
        return scenario with { Timeline = timeline };
    }

    private static GameDayHypothesis Hypothesis(NodeReader reader)
    {
        var it = new GameDayHypothesis();
        reader.Number("answered", value => it = it with { Answered = value });
        reader.Section("answeredWithin", section =>
        {
            var (time, share) = (TimeSpan.FromSeconds(1), 1d);
            section.Time("time", value => time = value, required: true);
            section.Number("share", value => share = value, required: true);
            it = it with { AnsweredWithin = new(time, share) };
        });
        reader.Number("byModel", value => it = it with { ByModel = value });
        reader.Time("firstContentP99", value => it = it with { FirstContentP99 = value });
        reader.Number("brokenStreams", value => it = it with { BrokenStreams = value });
        reader.Bool("everyExperimentHits", value => it = it with { EveryExperimentHits = value });
        return it;
    }

    private static GameDayLoad Load(NodeReader reader)
    {
        var it = new GameDayLoad();
        reader.Number("requestsPerSecond", value => it = it with { RequestsPerSecond = value });
        reader.Time("rampUp", value => it = it with { RampUp = value });
        reader.Number("streams", value => it = it with { Streams = value });
        reader.Texts("questions", value => it = it with { Questions = value });
        reader.Number("newQuestions", value => it = it with { NewQuestions = value });
        reader.Texts("tenants", value => it = it with { Tenants = value });
        var residencies = new List<GameDayResidency>();
        reader.List("residencies", section =>
        {
            var residency = new GameDayResidency(["EU"], 1);
            section.Texts("within", value => residency = residency with { Within = value }, required: true);
            section.Number("share", value => residency = residency with { Share = value }, required: true);
            residencies.Add(residency);
        });
        reader.Whole("seed", value => it = it with { Seed = value });
        reader.Whole("maxInFlight", value => it = it with { MaxInFlight = value });
        return it with { Residencies = residencies };
    }

    private static GameDayAbort Abort(NodeReader reader)
    {
        var it = new GameDayAbort();
        reader.Number("answeredBelow", value => it = it with { AnsweredBelow = value });
        reader.Time("window", value => it = it with { Window = value });
        reader.Whole("minRequests", value => it = it with { MinRequests = value });
        reader.Whole("failures", value => it = it with { Failures = value });
        return it;
    }

    private static GameDayStep Step(NodeReader reader)
    {
        var at = TimeSpan.Zero;
        var it = new ChaosExperiment { Name = "unnamed", Fault = new(ChaosFaultKind.Severed) };
        reader.Time("at", value => at = value, required: true);
        reader.Text("name", value => it = it with { Name = value }, required: true);
        reader.Time("duration", value => it = it with { Duration = value }, required: true);
        reader.Section("fault", section => it = it with { Fault = Fault(section) }, required: true);
        reader.Section("target", section => it = it with { Target = Target(section) });
        reader.Number("rate", value => it = it with { Rate = value });
        reader.Section("guard", section => it = it with { Guard = Guard(section) });
        return new(at, it);
    }

    private static ChaosFault Fault(NodeReader reader)
    {
        var it = new ChaosFault(ChaosFaultKind.Severed);
        reader.Choice<ChaosFaultKind>("kind", kind => it = new(kind), required: true);
        reader.Either("latency", (path, node) => it = it with { Latency = LatencyReader.Read(reader, path, node) });
        reader.Time("retryAfter", value => it = it with { RetryAfter = value });
        reader.Whole("afterContents", value => it = it with { AfterContents = value });
        return it;
    }

    private static ChaosBlastRadius Target(NodeReader reader)
    {
        var it = new ChaosBlastRadius();
        reader.Texts("models", value => it = it with { Models = value });
        reader.Texts("endpoints", value => it = it with { Endpoints = value });
        reader.Texts("regions", value => it = it with { Regions = value });
        reader.Texts("geographies", value => it = it with { Geographies = value });
        reader.Texts("dependencies", value => it = it with { Dependencies = value });
        reader.Texts("tenants", value => it = it with { Tenants = value });
        reader.Number("share", value => it = it with { Share = value });
        return it;
    }

    private static ChaosGuard Guard(NodeReader reader)
    {
        var it = new ChaosGuard();
        reader.Number("minSuccessRate", value => it = it with { MinSuccessRate = value });
        reader.Time("maxP99", value => it = it with { MaxP99 = value });
        reader.Time("window", value => it = it with { Window = value });
        reader.Whole("minRequests", value => it = it with { MinRequests = value });
        return it;
    }
}
