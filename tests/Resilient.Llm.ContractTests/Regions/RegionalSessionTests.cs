using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Sessions and the regions they prefer, told by the questions that arrive at the servers.</summary>
public class RegionalSessionTests
{
    private const int Sessions = 24;

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Session_OfOneKey_StaysWithItsServerUntilThatDiesAndComesBackWithIt(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = servers.Ladder(large: static model => model.RouteBy(RoutingStrategy.Weighted));
        await AskAllAsync(ladder, streaming, turn: 1);
        await AskAllAsync(ladder, streaming, turn: 2);
        var homes = WhoAnswered(servers, turn: 1);
        Assert.Equal(homes, WhoAnswered(servers, turn: 2));
        Assert.Equal(3, homes.Values.Distinct().Count());

        servers.SetDead("west");
        await AskAllAsync(ladder, streaming, turn: 3);
        servers.SetDead("west", isDead: false);
        ladder.GetRequiredService<ChatCircuits>().Get(RegionalServers.Large, "west").Reset();
        await AskAllAsync(ladder, streaming, turn: 4);

        var without = WhoAnswered(servers, turn: 3);
        Assert.All(homes, home => Assert.True(home.Value == "west" ? without[home.Key] != "west" : without[home.Key] == home.Value));
        Assert.Equal(homes, WhoAnswered(servers, turn: 4));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
        Assert.All(RegionalServers.Regions, region => Assert.All(
            servers[RegionalServers.Large, region].Requests, static request => Assert.DoesNotContain("key of", request.Body.ToString(), StringComparison.Ordinal)));
    }

    private static async Task AskAllAsync(IChatClient ladder, bool streaming, int turn)
    {
        for (var session = 0; session < Sessions; session++)
        {
            var heard = await Heard.FromAsync(ladder, streaming, new ResilientChatOptions { SessionKey = $"key of {session}" }, $"{turn}: {session}");
            Assert.StartsWith("large in", heard.Text, StringComparison.Ordinal);
            Assert.Equal($"large in {heard.Report!.Region}", heard.Text);
        }
    }

    /// <summary>Which server got the question of each session last: the one that answered it, as the regions that failed were asked before.</summary>
    private static Dictionary<int, string> WhoAnswered(RegionalServers servers, int turn)
    {
        var asked = RegionalServers.Regions
            .SelectMany(region => servers[RegionalServers.Large, region].Requests.Select(request => (Region: region, Words: request.LastText.Split(": "))))
            .Where(one => one.Words[0] == $"{turn}")
            .ToLookup(static one => int.Parse(one.Words[1]), static one => one.Region);
        Assert.Equal(Sessions, asked.Count);
        return asked.ToDictionary(static session => session.Key, static session => session.Count() == 1 ? session.Single() : session.Single(static region => region != "west"));
    }
}
