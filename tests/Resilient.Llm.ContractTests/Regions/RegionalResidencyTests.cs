using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Where data may go while regions die: north and west lie in the EU, south in the US. Judged by what arrives at the servers.</summary>
public class RegionalResidencyTests
{
    private static readonly DataResidency s_europe = DataResidency.Within("EU");

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RequireResidency_RequestThatSaysNone_ReachesNoServer(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var audit = new ConcurrentQueue<ResidencyAuditEvent>();
        var ladder = servers.Ladder(chat => chat.RequireResidency().OnResidencyAudit(audit.Enqueue));

        var heard = await Heard.FromAsync(ladder, streaming, new ChatOptions { Temperature = 0.5f });

        Assert.IsType<DataResidencyException>(heard.Exception);
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
        Assert.True(Assert.Single(audit).IsRefused);
        Assert.Equal("large in north", (await Heard.FromAsync(ladder, streaming, Bound(DataResidency.Anywhere))).Text);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task BoundRequests_RegionsDieOneByOne_OnlyAllowedServersGetThem(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var ladder = servers.Ladder(static chat => chat.RequireResidency().AddLastResort());

        await AskBothAsync("well");
        servers.SetDead("north");
        await AskBothAsync("north dead");
        servers.SetDead("west");
        await AskBothAsync("Europe dead");
        servers.SetDead("south");
        servers.SetDead("north", isDead: false);
        await AskBothAsync("America dead");

        foreach (var model in (string[])[RegionalServers.Large, RegionalServers.Small])
        {
            Assert.All(servers[model, "north"].Requests, static request => Assert.StartsWith("European", request.LastText, StringComparison.Ordinal));
            Assert.All(servers[model, "west"].Requests, static request => Assert.StartsWith("European", request.LastText, StringComparison.Ordinal));
            Assert.All(servers[model, "south"].Requests, static request => Assert.StartsWith("American", request.LastText, StringComparison.Ordinal));
        }

        // The servers of every region got some, and those of both models where the first failed.
        Assert.All(RegionalServers.Regions, region => Assert.NotEqual(0, servers[RegionalServers.Large, region].Calls));
        Assert.NotEqual(0, servers[RegionalServers.Small, "north"].Calls);

        async Task AskBothAsync(string when)
        {
            var asked = Enumerable.Range(0, 12).Select(number => number % 2 == 0
                ? Heard.FromAsync(ladder, streaming, Bound(s_europe), $"European, {when}, {number}")
                : Heard.FromAsync(ladder, streaming, Bound(DataResidency.Within("US")), $"American, {when}, {number}"));
            Assert.All(await Task.WhenAll(asked), static heard => Assert.Null(heard.Exception));
        }
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task BoundStream_BreaksInTheMiddle_OnlyAnAllowedServerGetsWhatWasSaidSoFar(WireProtocol protocol)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        servers[RegionalServers.Large, "north"].Behavior = Script.ResetAfter(2, "One two three four.");
        servers[RegionalServers.Large, "west"].Behavior = Script.Answer(" three four.");
        var ladder = servers.Ladder(large: static model => model.RouteBy(new SouthBeforeWest()));

        var heard = await Heard.FromAsync(ladder, streaming: true, Bound(s_europe));

        Assert.Equal("One two three four.", heard.Text);
        Assert.Equal((1, 1, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
        Assert.Contains("One two", servers[RegionalServers.Large, "west"].Requests[0].Body.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Audit_BoundRequestFailsOver_TellsWhoAnsweredAndWhereAndWhoWasKeptFromIt(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var audit = new ConcurrentQueue<ResidencyAuditEvent>();
        var ladder = servers.Ladder(
            chat => chat.RequireResidency().OnResidencyAudit(audit.Enqueue),
            large: static model => model.RouteBy(new SouthBeforeWest()));
        await Heard.FromAsync(ladder, streaming, Bound(s_europe));
        Assert.Empty(audit);
        servers.SetDead("north");

        var heard = await Heard.FromAsync(ladder, streaming, Bound(s_europe), "Where is my parcel?");

        Assert.Equal("large in west", heard.Text);
        Assert.Equal((2, 1, 0), servers.CallsOf(RegionalServers.Large));
        var told = Assert.Single(audit);
        Assert.Equal(("west", "EU", "EU"), (told.Report.Region, told.Report.Geography, told.Residency.ToString()));
        Assert.Equal((false, null, streaming), (told.IsRefused, told.Failure, told.IsStreaming));
        var refusal = Assert.Single(told.Refusals);
        Assert.Equal((RegionalServers.Large, "south", "US"), (refusal.Step, refusal.Endpoint, refusal.Geography));
        Assert.Equal([("north", null), ("south", "outside the residency"), ("west", null)], told.Report.Attempts.Select(static attempt => (attempt.Endpoint!, attempt.SkipReason)));
        Assert.DoesNotContain("parcel", told.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Audit_NobodyAllowedIsLeft_TellsOfTheRefusalAndNoServerGotTheRequest(WireProtocol protocol, bool streaming)
    {
        await using var servers = await RegionalServers.StartAsync(protocol);
        var audit = new ConcurrentQueue<ResidencyAuditEvent>();
        var ladder = servers.Ladder(chat => chat.RequireResidency().OnResidencyAudit(audit.Enqueue));
        var regions = ladder.GetRequiredService<ChatRegions>();
        regions.Isolate("north");
        regions.Isolate("west");

        var heard = await Heard.FromAsync(ladder, streaming, Bound(s_europe));

        Assert.IsType<DataResidencyException>(heard.Exception);
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Large));
        Assert.Equal((0, 0, 0), servers.CallsOf(RegionalServers.Small));
        var told = Assert.Single(audit);
        Assert.Equal((true, null, streaming), (told.IsRefused, told.Report.ServedBy, told.IsStreaming));
        Assert.Equal(
            [(RegionalServers.Large, "south", "US"), (RegionalServers.Small, "south", "US")],
            told.Refusals.Select(static refusal => (refusal.Step, refusal.Endpoint, refusal.Geography)));
    }

    private static ResilientChatOptions Bound(DataResidency residency) => new() { Residency = residency };

    /// <summary>What is not allowed stands between the two that are.</summary>
    private sealed class SouthBeforeWest : RoutingStrategy
    {
        private static readonly string[] s_order = ["north", "south", "west"];

        public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context) =>
            endpoints.Sort(static (one, other) => Array.IndexOf(s_order, one.Name) - Array.IndexOf(s_order, other.Name));
    }
}
