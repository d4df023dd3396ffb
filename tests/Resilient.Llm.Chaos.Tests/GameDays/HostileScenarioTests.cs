using System.Globalization;
using System.Text;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Files that nobody means well: refused with a sentence, never with a crash or a wait.</summary>
public class HostileScenarioTests
{
    private const string Deep = "__deep__";

    private const string Good = """
        # A comment.
        name: us-east is down
        duration: 00:01:00
        hypothesis: { answered: 1, byModel: 9e-1 }
        load:
          questions:
            - "What's up: doc?"
            - 'true'
            - >-
              folded
              words
          residencies:
          - within: [EU]
            share: 0.25
        timeline:
          - at: 00:00:05
            name: gone
            duration: 00:00:10
            fault: {kind: ConnectionRefused}
            target:
              regions: [us-east]
        """;

    /// <summary>JSON, and what its refusal begins with or says.</summary>
    public static TheoryData<string, string> Json => new()
    {
        { """{ "name": "\ud800", "duration": "00:00:10" }""", "The scenario is no JSON: a text has one half" },
        { """{ "\ud800": 1, "name": "a", "duration": "00:00:10" }""", "The scenario is no JSON: a text has one half" },
        { """{ "name": "a", "duration": "\udc00" }""", "The scenario is no JSON: a text has one half" },
        { """{ "name": "a", "duration": "00:00:10", "load": { "requestsPerSecond": 1e999 } }""", "$.load.requestsPerSecond is 1e999. Set it to a number" },
        { """{ "name": "a", "duration": "00:00:10", "load": { "seed": 99999999999999999999999999 } }""", "$.load.seed is 99999999999999999999999999. Set it to a whole number" },
        { """{ "name": "a", "duration": "00:00:10", "load": { "requestsPerSecond": NaN } }""", "The scenario is no JSON" },
        { """{ "name": "a", "duration": "-00:00:10" }""", "$.duration is '-00:00:10'. Set it to a time" },
        { """{ "name": "a", "duration": "99999.00:00:00" }""", "$.duration is 99999.00:00:00. Set it to more than zero" },
        { """{ "name": "a", "duration": "00:00:10", "load": { "seed": 1, "seed": 2 } }""", "The scenario is no JSON" },
        { $$"""{ "name": "a", "duration": {{Deep}} }""", "The scenario is no JSON" },
        { "", "The scenario is no JSON" },
        { "\ufeff{}", "The scenario is no JSON" },
        { "{ \"name\": \"a\0", "The scenario is no JSON" },
    };

    public static TheoryData<string, string> Yaml => new()
    {
        { "name: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]", "an anchor or an alias" },
        { "*a", "an anchor or an alias" },
        { "name: !!python/object:os.system x", "the tag" },
        { "<<: {name: a}", "$.<< is unknown" },
        { "name: a\nload: { requestsPerSecond: 1e999 }\nduration: \"00:00:10\"", "$.load.requestsPerSecond is '1e999'. Set it to a number" },
        { "name: a\nload: { requestsPerSecond: .inf }\nduration: \"00:00:10\"", "$.load.requestsPerSecond is '.inf'. Set it to a number" },
        { "name: a\nload: { seed: 99999999999999999999999999 }\nduration: \"00:00:10\"", "$.load.seed is" },
        { "name: a\nduration: 00:00:10\nname: b", "the key 'name' for the second time" },
        { "name: a\nload: { seed: 1 ?\nduration: \"00:00:10\"", "The scenario is no YAML: it cannot be read after line 2. Look for a brace" },
        { "? [a]\n: b", "a key that is no text" },
        { "name: \"\\U0FFFFFFF\"\nduration: \"00:00:10\"", "The scenario is no YAML" },
        { "name: \"\\ud800\"", "" },
        { "name: a\n---\nname: b", "a second document" },
        { $"name: {Deep}", "nested too deeply" },
        { "", "$ is null" },
        { "\0", "" },
        { "%YAML 9.9\n---\na", "" },
        { "\t- a", "" },
    };

    [Theory]
    [MemberData(nameof(Json))]
    public void Json_Hostile_IsRefusedInWords(string json, string message) => Refused(() => GameDayScenario.ParseJson(Deepened(json)), message);

    [Theory]
    [MemberData(nameof(Yaml))]
    public void Yaml_Hostile_IsRefusedInWords(string yaml, string message) => Refused(() => GameDayScenario.ParseYaml(Deepened(yaml)), message);

    /// <summary>Bytes at random, and good files with some of them changed: read or refused, nothing else.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_Mutilated_IsReadOrRefused(bool yaml)
    {
        var random = new Random(20260701);
        var good = Encoding.UTF8.GetBytes(yaml ? Good : Scenarios.Full.ToJson());
        var strange = Encoding.UTF8.GetBytes("{}[]:,-?*&!|>'\"%@`#\\\n\t\0 ue-9.é\u2028");
        var read = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = (byte[])good.Clone();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : strange[random.Next(strange.Length)];
            }

            var text = Encoding.UTF8.GetString(bytes);
            try
            {
                _ = yaml ? GameDayScenario.ParseYaml(text) : GameDayScenario.ParseJson(text);
                read++;
            }
            catch (FormatException)
            {
                // In words, as it should be.
            }
            catch (Exception exception)
            {
                Assert.Fail($"{exception.GetType().Name} at round {i}: {text}{Environment.NewLine}{exception}");
            }
        }

        Assert.InRange(read, 1, 2_999);
    }

    [Fact]
    public void LongText_InAMessage_IsCut()
    {
        var error = Assert.Throws<FormatException>(() => GameDayScenario.ParseJson($$"""{ "name": "a", "duration": "{{new string('x', 1_000_000)}}" }"""));

        Assert.InRange(error.Message.Length, 100, 500);
    }

    /// <summary>Looking for twins by comparing each with each would take minutes.</summary>
    [Fact]
    public void ManySteps_AreReadInOnePass()
    {
        var steps = string.Join(",\n", Enumerable.Range(0, 100_000).Select(static i => string.Create(
            CultureInfo.InvariantCulture, $$"""{"at": "00:00:01", "name": "step {{i}}", "duration": "00:00:01", "fault": { "kind": "Hang" } }""")));

        Assert.Equal(100_000, GameDayScenario.ParseJson($$"""{ "name": "a", "duration": "00:00:10", "timeline": [{{steps}}] }""").Timeline.Count);
    }

    [Theory]
    [InlineData(long.MaxValue, 1, "$.timeline[0].at")]
    [InlineData(long.MinValue, 1, "$.timeline[0].at")]
    [InlineData(1, long.MaxValue, "$.timeline[0].duration")]
    [InlineData(1, long.MinValue, "$.timeline[0].duration")]
    public void ScenarioInCode_TimesBeyondAllMeasure_AreRefusedInWords(long at, long duration, string place)
    {
        var builder = GameDayScenario.Named("n").Lasting(TimeSpan.FromSeconds(5)).RegionDown("r", new(at), new(duration));

        Assert.Contains(place, Assert.Throws<ArgumentException>(builder.Build).Message, StringComparison.Ordinal);
    }

    private static string Deepened(string text) => text.Replace(Deep, new string('[', 100_000), StringComparison.Ordinal);

    private static void Refused(Func<GameDayScenario> read, string message) => Assert.Contains(message, Assert.Throws<FormatException>(read).Message, StringComparison.Ordinal);
}
