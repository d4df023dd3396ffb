using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Resilient.Llm.Chaos.Tests;

public class ScenarioFileTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.Path("samples", "GameDay", "Scenarios")).Select(static file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void SampleScenario_ConformsToTheSchemaAndLoads(string file)
    {
        var scenario = GameDayScenario.FromFile(Repository.Path("samples", "GameDay", "Scenarios", file));

        Assert.NotEmpty(scenario.Timeline);
        Assert.True(SchemaCheck.IsValid(scenario.ToJson()), scenario.ToJson());
        if (file.EndsWith(".json", StringComparison.Ordinal))
        {
            Assert.True(SchemaCheck.IsValid(File.ReadAllText(Repository.Path("samples", "GameDay", "Scenarios", file))));
        }
    }

    [Fact]
    public void ScenarioInTheDocumentation_Loads()
    {
        var text = File.ReadAllText(Repository.Path("docs", "chaos.md"));

        var scenarios = Regex.Matches(text, "```yaml\n(.*?)```", RegexOptions.Singleline).Select(static match => GameDayScenario.ParseYaml(match.Groups[1].Value)).ToArray();

        Assert.Equal("Everyone gets 429", Assert.Single(scenarios).Name);
        Assert.True(SchemaCheck.IsValid(scenarios[0].ToJson()));
    }

    [Fact]
    public void Scenario_MadeInCode_ConformsToTheSchemaAndComesBackTheSame()
    {
        var json = Scenarios.Full.ToJson();

        Assert.True(SchemaCheck.IsValid(json), json);
        Assert.Equal(json, GameDayScenario.ParseJson(json).ToJson());
        Assert.Contains("Zwei – ü", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Scenario_ReadFromItsFile_IsWhatWasSaid()
    {
        var scenario = GameDayScenario.ParseJson(Scenarios.Full.ToJson());

        Assert.Equal(Scenarios.Full.Hypothesis, scenario.Hypothesis);
        Assert.Equal(Scenarios.Full.Abort, scenario.Abort);
        Assert.Equal((12.5, TimeSpan.FromSeconds(3), 0.25, 0.125, -5, 77), (scenario.Load.RequestsPerSecond, scenario.Load.RampUp, scenario.Load.Streams, scenario.Load.NewQuestions, scenario.Load.Seed, scenario.Load.MaxInFlight));
        Assert.Equal(["EU", "CH"], scenario.Load.Residencies[0].Within);
        var narrow = scenario.Timeline[0].Experiment;
        Assert.Equal((ChaosFaultKind.ErrorEvent, 3, 0.5, 0.5), (narrow.Fault.Kind, narrow.Fault.AfterContents, narrow.Rate, narrow.Target.Share));
        Assert.Equal(Scenarios.Full.Timeline[0].Experiment.Guard, narrow.Guard);
        Assert.Equal(
            Scenarios.Full.Timeline.Select(static step => (step.At, step.Experiment.Name, step.Experiment.Duration, step.Experiment.Fault)),
            scenario.Timeline.Select(static step => (step.At, step.Experiment.Name, step.Experiment.Duration, step.Experiment.Fault)));
        Assert.Equal(["vector-db"], scenario.Timeline[5].Experiment.Target.Dependencies);
        Assert.Equal(["EU"], narrow.Target.Geographies);
    }

    [Fact]
    public void Scenario_WithoutMoreThanItsName_HasTheDefaults()
    {
        var scenario = GameDayScenario.ParseJson(Scenarios.Small);

        Assert.Equal(new GameDayHypothesis(), scenario.Hypothesis);
        Assert.Equal(10, scenario.Load.RequestsPerSecond);
        Assert.Single(scenario.Load.Questions);
        Assert.Empty(scenario.Timeline);
        Assert.Null(scenario.Abort);
    }

    [Fact]
    public void Schema_KindsOfFault_AreThoseThereAre()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.Path("docs", "game-day.schema.json")))!;

        var kinds = schema["$defs"]!["fault"]!["properties"]!["kind"]!["enum"]!.AsArray().Select(static kind => kind!.GetValue<string>());

        Assert.Equal(Enum.GetNames<ChaosFaultKind>(), kinds);
    }

    [Theory]
    [InlineData("scenario.toml", "ends in '.toml'")]
    [InlineData("scenario", "has no ending")]
    public void Scenario_FileOfAnotherKind_IsRefusedByItsName(string path, string mistake)
    {
        var error = Assert.Throws<FormatException>(() => GameDayScenario.FromFile(path));

        Assert.Equal($"The scenario '{path}' {mistake}. Name it .json, .yaml or .yml, as what it holds.", error.Message);
    }
}
