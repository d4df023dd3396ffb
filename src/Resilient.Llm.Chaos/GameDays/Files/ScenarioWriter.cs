using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Writes a scenario in the format that <see cref="ScenarioReader"/> reads. Leaves out what is not set.</summary>
internal static class ScenarioWriter
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(GameDayScenario scenario)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_indented))
        {
            Scenario(scenario).WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonObject Scenario(GameDayScenario it) => Object(
        ("name", it.Name),
        ("description", it.Description),
        ("duration", Time(it.Duration)),
        ("hypothesis", Hypothesis(it.Hypothesis)),
        ("load", Load(it.Load)),
        ("timeline", List(it.Timeline, Step)),
        ("abort", it.Abort is { } abort ? Abort(abort) : null));

    private static JsonObject Hypothesis(GameDayHypothesis it) => Object(
        ("answered", it.Answered),
        ("answeredWithin", it.AnsweredWithin is { } within ? Object(("time", Time(within.Time)), ("share", within.Share)) : null),
        ("byModel", it.ByModel),
        ("firstContentP99", Time(it.FirstContentP99)),
        ("brokenStreams", it.BrokenStreams),
        ("everyExperimentHits", it.EveryExperimentHits));

    private static JsonObject Load(GameDayLoad it) => Object(
        ("requestsPerSecond", it.RequestsPerSecond),
        ("rampUp", Time(it.RampUp)),
        ("streams", it.Streams),
        ("questions", Texts(it.Questions)),
        ("newQuestions", it.NewQuestions),
        ("tenants", Texts(it.Tenants)),
        ("residencies", List(it.Residencies, static one => Object(("within", Texts(one.Within)), ("share", one.Share)))),
        ("seed", it.Seed),
        ("maxInFlight", it.MaxInFlight));

    private static JsonObject Abort(GameDayAbort it) => Object(
        ("answeredBelow", it.AnsweredBelow),
        ("window", Time(it.Window)),
        ("minRequests", it.MinRequests),
        ("failures", it.Failures));

    private static JsonObject Step(GameDayStep step) => Object(
        ("at", Time(step.At)),
        ("name", step.Experiment.Name),
        ("duration", Time(step.Experiment.Duration)),
        ("fault", Fault(step.Experiment.Fault)),
        ("target", Target(step.Experiment.Target)),
        ("rate", step.Experiment.Rate),
        ("guard", step.Experiment.Guard is { } guard ? Guard(guard) : null));

    private static JsonObject Fault(ChaosFault it) => Object(
        ("kind", it.Kind.ToString()),
        ("latency", it.Latency switch
        {
            null => null,
            { Kind: ChaosLatencyKind.Uniform } uniform => Object(("from", Time(uniform.First)), ("to", Time(uniform.Second))),
            { Kind: ChaosLatencyKind.LogNormal } normal => Object(("median", Time(normal.First)), ("spread", normal.Spread)),
            var constant => Time(constant.First),
        }),
        ("retryAfter", Time(it.RetryAfter)),
        ("afterContents", it.AfterContents));

    private static JsonObject Target(ChaosBlastRadius it)
    {
        return Object(
            ("models", Names(it.Models)),
            ("endpoints", Names(it.Endpoints)),
            ("regions", Names(it.Regions)),
            ("geographies", Names(it.Geographies)),
            ("dependencies", Names(it.Dependencies)),
            ("tenants", Names(it.Tenants)),
            ("share", it.Share));

        static JsonArray? Names(IReadOnlyList<string> names) => names.Count > 0 ? Texts(names) : null;
    }

    private static JsonObject Guard(ChaosGuard it) => Object(
        ("minSuccessRate", it.MinSuccessRate),
        ("maxP99", Time(it.MaxP99)),
        ("window", Time(it.Window)),
        ("minRequests", it.MinRequests));

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => JsonValue.Create(text))]);

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonObject> write) => new([.. items.Select(write)]);

    private static JsonNode? Time(TimeSpan? time) => time?.ToString("c", CultureInfo.InvariantCulture);

    /// <summary>An object of the members that have a value.</summary>
    private static JsonObject Object(params ReadOnlySpan<(string Key, JsonNode? Value)> members)
    {
        var node = new JsonObject();
        foreach (var (key, value) in members)
        {
            if (value is not null)
            {
                node.Add(key, value);
            }
        }

        return node;
    }
}
