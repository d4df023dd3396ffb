using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Writes a scenario as the file that <see cref="ScenarioReader"/> reads. What is as by default is left out where the file has a default for it.</summary>
internal static class ScenarioWriter
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(GameDayScenario scenario)
    {
        var root = new JsonObject { ["name"] = scenario.Name };
        Add(root, "description", scenario.Description);
        root["duration"] = Time(scenario.Duration);
        root["hypothesis"] = Hypothesis(scenario.Hypothesis);
        root["load"] = Load(scenario.Load);
        root["timeline"] = List(scenario.Timeline, static step => Step(step));
        if (scenario.Abort is { } abort)
        {
            root["abort"] = Abort(abort);
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_indented))
        {
            root.WriteTo(writer);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonObject Hypothesis(GameDayHypothesis it)
    {
        var node = new JsonObject { ["answered"] = it.Answered };
        if (it.AnsweredWithin is { } within)
        {
            node["answeredWithin"] = new JsonObject { ["time"] = Time(within.Time), ["share"] = within.Share };
        }

        Add(node, "byModel", it.ByModel);
        Add(node, "firstContentP99", it.FirstContentP99);
        Add(node, "brokenStreams", it.BrokenStreams);
        node["everyExperimentHits"] = it.EveryExperimentHits;
        return node;
    }

    private static JsonObject Load(GameDayLoad it) => new()
    {
        ["requestsPerSecond"] = it.RequestsPerSecond,
        ["rampUp"] = Time(it.RampUp),
        ["streams"] = it.Streams,
        ["questions"] = Texts(it.Questions),
        ["newQuestions"] = it.NewQuestions,
        ["tenants"] = Texts(it.Tenants),
        ["residencies"] = List(it.Residencies, static residency => new() { ["within"] = Texts(residency.Within), ["share"] = residency.Share }),
        ["seed"] = it.Seed,
        ["maxInFlight"] = it.MaxInFlight,
    };

    private static JsonObject Abort(GameDayAbort it)
    {
        var node = new JsonObject();
        Add(node, "answeredBelow", it.AnsweredBelow);
        node["window"] = Time(it.Window);
        node["minRequests"] = it.MinRequests;
        Add(node, "failures", it.Failures);
        return node;
    }

    private static JsonObject Step(GameDayStep step)
    {
        var it = step.Experiment;
        var node = new JsonObject
        {
            ["at"] = Time(step.At),
            ["name"] = it.Name,
            ["duration"] = Time(it.Duration),
            ["fault"] = Fault(it.Fault),
            ["target"] = Target(it.Target),
            ["rate"] = it.Rate,
        };
        if (it.Guard is { } guard)
        {
            var section = new JsonObject();
            Add(section, "minSuccessRate", guard.MinSuccessRate);
            Add(section, "maxP99", guard.MaxP99);
            section["window"] = Time(guard.Window);
            section["minRequests"] = guard.MinRequests;
            node["guard"] = section;
        }

        return node;
    }

    private static JsonObject Fault(ChaosFault it)
    {
        var node = new JsonObject { ["kind"] = it.Kind.ToString() };
        switch (it.Latency)
        {
            case { Kind: ChaosLatencyKind.Uniform } uniform:
                node["latency"] = new JsonObject { ["from"] = Time(uniform.First), ["to"] = Time(uniform.Second) };
                break;
            case { Kind: ChaosLatencyKind.LogNormal } normal:
                node["latency"] = new JsonObject { ["median"] = Time(normal.First), ["spread"] = normal.Spread };
                break;
            case { } constant:
                node["latency"] = Time(constant.First);
                break;
        }

        Add(node, "retryAfter", it.RetryAfter);
        node["afterContents"] = it.AfterContents;
        return node;
    }

    private static JsonObject Target(ChaosBlastRadius it)
    {
        var node = new JsonObject();
        foreach (var (key, names) in new[]
        {
            ("models", it.Models), ("endpoints", it.Endpoints), ("regions", it.Regions), ("geographies", it.Geographies),
            ("dependencies", it.Dependencies), ("tenants", it.Tenants),
        })
        {
            if (names.Count > 0)
            {
                node[key] = Texts(names);
            }
        }

        node["share"] = it.Share;
        return node;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(static text => JsonValue.Create(text))]);

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonObject> write) => new([.. items.Select(write)]);

    private static string Time(TimeSpan time) => time.ToString("c", CultureInfo.InvariantCulture);

    private static void Add(JsonObject node, string key, string? value)
    {
        if (value is not null)
        {
            node[key] = value;
        }
    }

    private static void Add(JsonObject node, string key, double? value)
    {
        if (value is not null)
        {
            node[key] = value;
        }
    }

    private static void Add(JsonObject node, string key, int? value)
    {
        if (value is not null)
        {
            node[key] = value;
        }
    }

    private static void Add(JsonObject node, string key, TimeSpan? value)
    {
        if (value is { } time)
        {
            node[key] = Time(time);
        }
    }
}
