namespace Resilient.Llm.Chaos.Tests;

public class YamlScenarioTests
{
    [Fact]
    public void Yaml_SaysWhatJsonSays()
    {
        var scenario = GameDayScenario.ParseYaml("""
            # A comment.
            name: us-east is down
            duration: 00:01:00
            hypothesis: { answered: 1, byModel: 9e-1 }
            load:
              questions:
                - "What's up: doc?"
                - 'true'
                - plain words, no quotes
              seed: -3
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
            """);

        Assert.Equal("us-east is down", scenario.Name);
        Assert.Equal(TimeSpan.FromMinutes(1), scenario.Duration);
        Assert.Equal(0.9, scenario.Hypothesis.ByModel);
        Assert.Equal(["What's up: doc?", "true", "plain words, no quotes"], scenario.Load.Questions);
        Assert.Equal(-3, scenario.Load.Seed);
        Assert.Equal(["us-east"], scenario.Timeline[0].Experiment.Target.Regions);
    }

    [Fact]
    public void Yaml_OfEverything_IsTheSameAsItsJson()
    {
        var json = Scenarios.Full.ToJson();

        Assert.Equal(json, GameDayScenario.ParseYaml(json).ToJson());
    }

    [Theory]
    [InlineData("name: [a", "The scenario is no YAML: line ")]
    [InlineData("", "$ is null. Set it to an object")]
    [InlineData("name: a\nname: b", "the key 'name' for the second time in line 2, column 1. Keep one of the two.")]
    [InlineData("name: &a x\nduration: *a", "The scenario has an anchor or an alias in line 1, column 7. Write out what it stands for.")]
    [InlineData("name: !!binary aGk=", "the tag tag:yaml.org,2002:binary in line 1")]
    [InlineData("[a]: b", "a key that is no text in line 1")]
    [InlineData("name: a\n---\nname: b", "a second document in line 2")]
    [InlineData("name: 2024\nduration: 00:00:10", "$.name is 2024. Set it to text.")]
    [InlineData("name: yes\nduration: 10", "$.duration is 10. Set it to a time")]
    [InlineData("name: a\nduration: 00:00:10\nload:", "$.load is null. Set it to an object, or leave it out.")]
    [InlineData("name: a\nduration: 00:00:10\nload: {seed: 0x10}", "$.load.seed is '0x10'. Set it to a whole number")]
    [InlineData("name: a\nduration: 00:00:10\nload: {streams: .inf}", "$.load.streams is '.inf'. Set it to a number")]
    public void Yaml_Mistake_SaysWhereWhatAndHowToMendIt(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => GameDayScenario.ParseYaml(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Yaml_NestedWithoutEnd_IsRefusedBeforeTheStackIsFull() =>
        Assert.Contains("nested too deeply", Assert.Throws<FormatException>(() => GameDayScenario.ParseYaml(new string('[', 10_000))).Message, StringComparison.Ordinal);
}
