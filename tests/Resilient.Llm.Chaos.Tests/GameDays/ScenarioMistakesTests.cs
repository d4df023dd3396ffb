using System.Text.Json.Nodes;

namespace Resilient.Llm.Chaos.Tests;

public class ScenarioMistakesTests
{
    /// <summary>Where in the small scenario, what is put there, and what must be said.</summary>
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "name", "5", "$.name is 5. Set it to text." },
        { "name", "\" \"", "$.name is blank." },
        { "duration", "30", "$.duration is 30. Set it to a time as \"hours:minutes:seconds\"" },
        { "duration", "\"24:00:00\"", "$.duration is '24:00:00'. Set it to a time" },
        { "duration", "\"00:00:00\"", "$.duration is 00:00:00. Set it to more than zero" },
        { "duration", "null", "$.duration is null. Set it to a time" },
        { "durations", "\"00:00:30\"", "$.durations is unknown. Leave it out, or take one of $schema, name, description, duration, hypothesis, load, timeline, abort." },
        { "hypothesis", "1", "$.hypothesis is 1. Set it to an object" },
        { "hypothesis", "{\"answered\": 99}", "$.hypothesis.answered is 99. Set it to 0 to 1; 0.99 is 99 of 100." },
        { "hypothesis", "{\"answeredWithin\": {\"time\": \"00:00:05\"}}", "$.hypothesis.answeredWithin.share is missing. Set it to a number" },
        { "hypothesis", "{\"residencyViolations\": 1}", "$.hypothesis.residencyViolations is unknown." },
        { "hypothesis", "{\"everyExperimentHits\": \"no\"}", "$.hypothesis.everyExperimentHits is 'no'. Set it to true or false" },
        { "load", "{\"requestsPerSecond\": 0}", "$.load.requestsPerSecond is 0. Set it to more than 0 and 10,000 at most." },
        { "load", "{\"requestsPerSecond\": \"10\"}", "$.load.requestsPerSecond is '10'. Set it to a number" },
        { "load", "{\"rampUp\": \"00:01:00\"}", "$.load.rampUp is 00:01:00. Set it to zero or more and the duration" },
        { "load", "{\"questions\": []}", "$.load.questions is empty. Set it to one question at least." },
        { "load", "{\"questions\": \"why?\"}", "$.load.questions is 'why?'. Set it to a list of texts" },
        { "load", "{\"questions\": [\"why?\", 7]}", "$.load.questions[1] is 7. Set it to text." },
        { "load", "{\"questions\": [\"why?\", \"\"]}", "$.load.questions[1] is blank." },
        { "load", "{\"residencies\": [{\"within\": [\"EU\"], \"share\": 0.6}, {\"within\": [\"US\"], \"share\": 0.6}]}", "$.load.residencies is 1.2 by its shares together. Set it to 1 at most together." },
        { "load", "{\"residencies\": [{\"within\": [], \"share\": 0.6}]}", "$.load.residencies[0].within is empty." },
        { "load", "{\"residencies\": [\"EU\"]}", "$.load.residencies[0] is 'EU'. Set it to an object" },
        { "load", "{\"seed\": 1.5}", "$.load.seed is 1.5. Set it to a whole number" },
        { "timeline", "{}", "$.timeline is an object. Set it to a list of objects" },
        { "timeline", "[{}]", "$.timeline[0].fault is missing. Set it to an object." },
        { "timeline", Step("\"kind\": \"Hangs\""), "$.timeline[0].fault.kind is 'Hangs'. Set it to Latency, SlowStream," },
        { "timeline", Step("\"kind\": \"hang\""), "$.timeline[0].fault.kind is 'hang'." },
        { "timeline", Step("\"kind\": \"Latency\""), "$.timeline[0].fault.latency is missing. Set it to how late calls are" },
        { "timeline", Step("\"kind\": \"Latency\", \"latency\": 10"), "$.timeline[0].fault has the latency 10. Set it to a time such as \"00:00:10\"" },
        { "timeline", Step("\"kind\": \"Latency\", \"latency\": {\"from\": \"00:00:02\", \"to\": \"00:00:01\"}"), "$.timeline[0].fault.latency is no latency." },
        { "timeline", Step("\"kind\": \"Latency\", \"latency\": {\"from\": \"00:00:02\", \"spread\": 1}"), "$.timeline[0].fault.latency is no latency." },
        { "timeline", Step("\"kind\": \"CutStream\", \"afterContents\": -1"), "$.timeline[0].fault.afterContents is -1. Set it to 0 or more." },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"rate\": 0"), "$.timeline[0].rate is 0. Set it to more than 0" },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"target\": {\"region\": [\"us-east\"]}"), "$.timeline[0].target.region is unknown." },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"target\": {\"regions\": \"us-east\"}"), "$.timeline[0].target.regions is 'us-east'. Set it to a list of texts" },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"guard\": {\"maxP99\": \"00:00:05\", \"window\": \"00:20:00\"}"), "$.timeline[0].guard.window is 00:20:00. Set it to 1 second to 10 minutes." },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"guard\": {\"minRequests\": 5}"), "$.timeline[0] is refused. Chaos experiment 'a step': its Guard looks at nothing." },
        { "timeline", Step("\"kind\": \"Hang\"", ", \"target\": {\"models\": [\" \"]}"), "$.timeline[0] is refused. Chaos experiment 'a step': Target.Models is null or holds a blank name." },
        { "timeline", "[{\"at\": \"00:00:09\", \"name\": \"late\", \"duration\": \"00:00:02\", \"fault\": {\"kind\": \"Hang\"}}]", "$.timeline[0].duration is 00:00:02. Set it to more than zero, so that it ends within the game day." },
        { "timeline", "[{\"at\": \"00:00:10\", \"name\": \"late\", \"duration\": \"00:00:02\", \"fault\": {\"kind\": \"Hang\"}}]", "$.timeline[0].at is 00:00:10. Set it to a time within the duration" },
        { "timeline", $"[{One("\"kind\": \"Hang\"")}, {One("\"kind\": \"Hang\"")}]", "$.timeline[1].name is 'a step', as of another step. Set it to a name of its own." },
        { "abort", "{\"answeredBelow\": 0}", "$.abort.answeredBelow is 0." },
        { "abort", "{\"failures\": 0}", "$.abort.failures is 0. Set it to 1 or more." },
        { "abort", "{\"window\": \"00:00:00.5\"}", "$.abort.window is 00:00:00.5000000. Set it to 1 second to 1 hour." },
    };

    /// <summary>What only a look at several values shows: a schema cannot.</summary>
    private static readonly string[] s_beyondTheSchema =
    [
        "$.duration is 00:00:00", "$.load.rampUp", "$.load.residencies is 1.2", "$.timeline[0].duration", "$.timeline[0].at is", "$.timeline[1].name", "$.timeline[0].guard.window", "$.abort.window",
        "$.timeline[0].fault.latency is no latency. Set it to a time",
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Mistake_SaysWhereWhatAndHowToMendIt(string key, string value, string message)
    {
        var json = With(key, value);

        var error = Assert.Throws<FormatException>(() => GameDayScenario.ParseJson(json));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);

        // In YAML the same, since JSON is YAML.
        Assert.Contains(message, Assert.Throws<FormatException>(() => GameDayScenario.ParseYaml(json)).Message, StringComparison.Ordinal);
        if (!Array.Exists(s_beyondTheSchema, beyond => message.StartsWith(beyond, StringComparison.Ordinal) || (message.StartsWith("$.timeline[0].fault.latency is no", StringComparison.Ordinal) && value.Contains("from", StringComparison.Ordinal))))
        {
            Assert.False(SchemaCheck.IsValid(json), json);
        }
    }

    [Fact]
    public void SeveralMistakes_AreAllTold()
    {
        var error = Assert.Throws<FormatException>(() => GameDayScenario.ParseJson("""{ "duration": 5, "load": { "seed": "x", "speed": 1 } }"""));

        Assert.Equal(
            ["$.name is missing", "$.duration is 5", "$.load.seed is 'x'", "$.load.speed is unknown"],
            error.Message.Split(Environment.NewLine).Select(static line => line[..line.IndexOf('.', line.IndexOf(' ', StringComparison.Ordinal))]).ToArray());
    }

    [Theory]
    [InlineData("{", "The scenario is no JSON:")]
    [InlineData("""{ "name": "a", "name": "b", "duration": "00:00:10" }""", "The scenario is no JSON:")]
    [InlineData("[]", "$ is a list. Set it to an object")]
    [InlineData("null", "$ is null. Set it to an object")]
    public void NoScenarioAtAll_SaysSo(string json, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => GameDayScenario.ParseJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void EveryValueOfAnotherType_IsRefusedByReaderAndSchemaAlike()
    {
        var original = Scenarios.Full.ToJson();
        var places = new List<string>();
        foreach (var replacement in new[] { "{\"x\": 1}", "[[1]]", "true", "-3.5", "\"?\"", "null" })
        {
            Visit(JsonNode.Parse(original)!, node =>
            {
                var root = JsonNode.Parse(original)!;
                Replace(root, node.GetPath(), JsonNode.Parse(replacement));
                var json = root.ToJsonString();
                var isRead = true;
                try
                {
                    GameDayScenario.ParseJson(json);
                }
                catch (FormatException)
                {
                    isRead = false;
                }

                Assert.True(isRead == SchemaCheck.IsValid(json), $"{node.GetPath()} = {replacement}: {(isRead ? "read" : "refused")}, and the schema says otherwise.");
                places.Add(node.GetPath());
            });
        }

        Assert.True(places.Count > 500, $"{places.Count} places");
    }

    [Fact]
    public void ScenarioInCode_Impossible_IsRefusedWhenBuilt()
    {
        var error = Assert.Throws<ArgumentException>(() => GameDayScenario.Named("n").Lasting(TimeSpan.FromSeconds(5)).RegionDown("r", TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(2)).Build());

        Assert.Contains("The scenario 'n' cannot be played.", error.Message, StringComparison.Ordinal);
        Assert.Contains("$.timeline[0].duration: is 00:00:02. Set it to more than zero, so that it ends within the game day.", error.Message, StringComparison.Ordinal);
    }

    private static string Step(string fault, string more = "") => $"[{One(fault, more)}]";

    private static string One(string fault, string more = "") => $$"""{"at": "00:00:01", "name": "a step", "duration": "00:00:02", "fault": { {{fault}} }{{more}} }""";

    private static string With(string key, string value)
    {
        var root = JsonNode.Parse(Scenarios.Small)!;
        root[key] = JsonNode.Parse(value);
        return root.ToJsonString();
    }

    private static void Visit(JsonNode node, Action<JsonNode> visit)
    {
        if (node.Parent is not null)
        {
            visit(node);
        }

        IEnumerable<JsonNode?> children = node switch { JsonObject it => it.Select(static pair => pair.Value), JsonArray list => list, _ => [] };
        foreach (var child in children.OfType<JsonNode>())
        {
            Visit(child, visit);
        }
    }

    private static void Replace(JsonNode root, string path, JsonNode? with)
    {
        var found = root;
        foreach (var part in path.Split('.', '[').Skip(1))
        {
            found = part.EndsWith(']') ? found[int.Parse(part[..^1], System.Globalization.CultureInfo.InvariantCulture)]! : found[part]!;
        }

        if (found.Parent is JsonArray list)
        {
            list[found.GetElementIndex()] = with;
        }
        else
        {
            found.Parent!.AsObject()[found.GetPropertyName()] = with;
        }
    }
}
