using Resilient.Llm;
using Resilient.Llm.Chaos;

namespace AotSmoke;

/// <summary>A game day from its file to its scorecard, without reflection.</summary>
internal static class GameDaySmoke
{
    private const string Yaml = """
        name: Smoke
        duration: 00:00:02
        load: { requestsPerSecond: 20, residencies: [{ within: [EU], share: 0.5 }] }
        timeline:
          - at: 00:00:00.5
            name: primary refuses
            duration: 00:00:01
            fault: { kind: ConnectionRefused }
            target: { models: [primary] }
        """;

    public static async Task<(bool IsSo, string Actual)> RunAsync()
    {
        var scenario = GameDayScenario.ParseYaml(Yaml);
        if (GameDayScenario.ParseJson(scenario.ToJson()).ToJson() is var json && json != scenario.ToJson())
        {
            return (false, json);
        }

        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        using var chat = new ResilientChatBuilder()
            .AddModel("primary", new FakeClient("Hello."), static model => model.InRegion("north", "EU"))
            .AddModel("cheaper", new FakeClient("Hello."), static model => model.InRegion("north", "EU"))
            .WithRetries(0)
            .WithChaos(chaos)
            .Build();
        var card = await new GameDayRunner(chat, chaos).RunAsync(scenario);
        var back = Scorecard.FromJson(card.ToJson());
        return (card is { ExitCode: 0, Experiments: [{ Injected: > 0 }] } && back.ToHtml() == card.ToHtml() && back.ToMarkdown() == card.ToMarkdown(), card.ToMarkdown());
    }
}
