using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What a model cannot do never arrives at its servers, and what is passed over arrives whole at those of the one that can.</summary>
public class RegionalCapabilityTests
{
    public static TheoryData<WireProtocol, bool, ChatCapabilities> Needs()
    {
        var data = new TheoryData<WireProtocol, bool, ChatCapabilities>();
        foreach (var way in Ways.All)
        {
            data.Add((WireProtocol)way[0], (bool)way[1], ChatCapabilities.Tools);
            data.Add((WireProtocol)way[0], (bool)way[1], ChatCapabilities.Vision);
            data.Add((WireProtocol)way[0], (bool)way[1], ChatCapabilities.StructuredOutput);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Needs))]
    public async Task Request_FirstModelLacksWhatItNeeds_OnlyTheOtherModelsServerGetsIt(WireProtocol protocol, bool streaming, ChatCapabilities need)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = servers.Ladder(large: model => model.WithCapabilities(ChatCapabilities.All & ~need));
        var (question, options, sign) = Needing(need);

        var heard = await Heard.FromMessageAsync(ladder, streaming, question, options);
        var plain = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(("small in north", "large in north"), (heard.Text, plain.Text));
        Assert.Equal((1, 0, 0), servers.CallsOf(RegionalServers.Small));
        Assert.Contains(sign, Body(servers, RegionalServers.Small), StringComparison.Ordinal);
        Assert.Equal((1, 0, 0), servers.CallsOf(RegionalServers.Large));
        Assert.DoesNotContain(sign, Body(servers, RegionalServers.Large), StringComparison.Ordinal);
        Assert.Equal(3, heard.Report!.Attempts.Count(attempt => attempt.Step == RegionalServers.Large && attempt.SkipReason == Lack(need)));
    }

    [Theory]
    [MemberData(nameof(Needs))]
    public async Task Request_RegionsDieAndTheModelBelowLacksWhatItNeeds_FailsOverToSiblingsOnly(WireProtocol protocol, bool streaming, ChatCapabilities need)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = servers.Ladder(small: model => model.WithCapabilities(ChatCapabilities.All & ~need));
        var (question, options, sign) = Needing(need);
        servers.SetDead("north");
        var first = await Heard.FromMessageAsync(ladder, streaming, question, options);
        servers.SetDead("west");
        servers.SetDead("south");
        var second = await Heard.FromMessageAsync(ladder, streaming, question, options);

        Assert.Equal("large in west", first.Text);
        Assert.IsType<ChatUnavailableException>(second.Exception);
        Assert.Equal((2, 2, 1), servers.CallsOf(RegionalServers.Large));
        Assert.All(servers[RegionalServers.Large, "west"].Requests, request => Assert.Contains(sign, request.Body.ToString(), StringComparison.Ordinal));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Prompt_TooLongForTheFirstRegion_GoesToALargerModelAndNotToSiblings(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        Array.ForEach(RegionalServers.Regions, region => servers[RegionalServers.Large, region].Behavior = Script.ContextTooLong());
        var ladder = servers.Ladder(large: static model => model.WithContextWindow(8_000), small: static model => model.WithContextWindow(128_000));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal("small in north", heard.Text);
        Assert.Equal((1, 0, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((1, 0, 0), servers.CallsOf(RegionalServers.Small));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Prompt_TooLongAndNoModelIsDeclaredLarger_NobodyElseIsAsked(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        Array.ForEach(RegionalServers.Regions, region => servers[RegionalServers.Large, region].Behavior = Script.ContextTooLong());
        var ladder = servers.Ladder(large: static model => model.WithContextWindow(8_000), small: static model => model.WithContextWindow(8_000));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.NotNull(heard.Exception);
        Assert.Equal((1, 0, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
    }

    private static string Body(RegionalServers servers, string model) => servers[model, "north"].Requests[0].Body.ToString();

    private static string Lack(ChatCapabilities need) => need switch
    {
        ChatCapabilities.Tools => "no tools",
        ChatCapabilities.Vision => "no vision",
        _ => "no structured output",
    };

    /// <summary>A request that needs it, and what a server then finds in the body whatever the protocol.</summary>
    private static (ChatMessage Question, ChatOptions? Options, string Sign) Needing(ChatCapabilities need)
    {
        var question = new ChatMessage(ChatRole.User, "Hi");
        switch (need)
        {
            case ChatCapabilities.Tools:
                return (question, new() { Tools = [AIFunctionFactory.Create(static () => 21, "read_thermometer")] }, "read_thermometer");
            case ChatCapabilities.Vision:
                byte[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9];
                question.Contents.Add(new DataContent(pixels, "image/png"));
                return (question, null, Convert.ToBase64String(pixels));
            default:
                using (var schema = JsonDocument.Parse("""{"type":"object","properties":{"degrees_outside":{"type":"integer"}},"required":["degrees_outside"],"additionalProperties":false}"""))
                {
                    return (question, new() { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement.Clone(), "weather") }, "degrees_outside");
                }
        }
    }
}
