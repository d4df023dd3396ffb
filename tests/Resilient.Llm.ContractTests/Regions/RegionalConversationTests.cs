using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>A conversation that a provider holds goes on where it began, or not at all: judged by what arrives at the servers.</summary>
public class RegionalConversationTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Conversation_BegunInTheSecondRegion_GoesOnThereThoughTheFirstIsBack(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = Ladder(servers);
        var id = await BeginInWestAsync(servers, ladder, streaming);

        var next = await Heard.FromAsync(ladder, streaming, new() { ConversationId = id });
        var other = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(("large in west", "large in north"), (next.Text, other.Text));
        Assert.Equal((1, 2, 0), servers.CallsOf(RegionalServers.Large));
        Assert.All(servers[RegionalServers.Large, "west"].Requests, request => Assert.Contains(id, request.Body.ToString(), StringComparison.Ordinal));
        Assert.DoesNotContain(id, servers[RegionalServers.Large, "north"].Requests[0].Body.ToString(), StringComparison.Ordinal);
        Assert.Equal(("west", id), (next.Report!.Endpoint, next.Response.ConversationId));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Conversation_ItsRegionDies_NobodyElseIsAsked(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = Ladder(servers);
        var id = await BeginInWestAsync(servers, ladder, streaming);
        servers.SetDead("west");

        var heard = await Heard.FromAsync(ladder, streaming, new() { ConversationId = id });

        AssertUnavailable(heard, id);
        Assert.Equal((0, 2, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Conversation_ItsRegionIsIsolated_NobodyIsAskedAndItGoesOnAfterwards(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = Ladder(servers);
        var id = await BeginInWestAsync(servers, ladder, streaming);
        ladder.GetRequiredService<ChatRegions>().Isolate("west");

        AssertUnavailable(await Heard.FromAsync(ladder, streaming, new() { ConversationId = id }), id);
        Assert.Equal((0, 1, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));

        ladder.GetRequiredService<ChatRegions>().Restore("west");
        Assert.Equal("large in west", (await Heard.FromAsync(ladder, streaming, new() { ConversationId = id })).Text);
    }

    private static IChatClient Ladder(RegionalServers servers) => servers.Ladder(
        static chat => chat.KeepConversationIds(),
        large: static model => model.Use(static client => new ConversingClient(client)),
        small: static model => model.Use(static client => new ConversingClient(client)));

    private static async Task<string> BeginInWestAsync(RegionalServers servers, IChatClient ladder, bool streaming)
    {
        var regions = ladder.GetRequiredService<ChatRegions>();
        regions.Isolate("north");
        var begun = await Heard.FromAsync(ladder, streaming);
        regions.Restore("north");
        Assert.Equal("large in west", begun.Text);
        Assert.Equal((0, 1, 0), servers.CallsOf(RegionalServers.Large));
        return begun.Response.ConversationId!;
    }

    private static void AssertUnavailable(Heard heard, string id)
    {
        var thrown = Assert.IsType<ConversationUnavailableException>(heard.Exception);
        Assert.Contains("'large/west'", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(id, thrown.ToString(), StringComparison.Ordinal);
        Assert.All(
            thrown.Report.Attempts.Where(static attempt => (attempt.Step, attempt.Endpoint) != (RegionalServers.Large, "west")),
            static attempt => Assert.Equal("conversation is held by another endpoint", attempt.SkipReason));
    }
}
