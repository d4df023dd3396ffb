using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Whose fault a 4xx is, through the official adapters over sockets.</summary>
public class EndpointFaultTests
{
    private const string Page = "<html><head><title>Request refused</title></head><body>nginx</body></html>";
    private const string OtherJson = """{"detail":"This place takes no requests."}""";

    public static TheoryData<int, string?, WireProtocol, bool> Refusals
    {
        get
        {
            var data = new TheoryData<int, string?, WireProtocol, bool>();
            foreach (var way in Ways.All)
            {
                foreach (var status in new[] { 400, 413, 415, 422, 431 })
                {
                    data.Add(status, null, (WireProtocol)way[0], (bool)way[1]);
                    data.Add(status, Page, (WireProtocol)way[0], (bool)way[1]);
                }

                data.Add(400, OtherJson, (WireProtocol)way[0], (bool)way[1]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Region_RefusesEveryRequest_HardlyACallerNotices(int status, string? body, WireProtocol protocol, bool streaming)
    {
        await using var bad = await LoopbackProvider.StartAsync(Script.Status(status, body: body));
        await using var good = await LoopbackProvider.StartAsync("The sibling answers.");
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", model => model
                .RouteBy(RoutingStrategy.LowestLatency)
                .AddEndpoint("bad", bad.Client(protocol))
                .AddEndpoint("good", good.Client(protocol)))
            .AddLastResort()
            .WithRetries(0)
            .Build();

        var notServed = 0;
        for (var i = 0; i < 60; i++)
        {
            notServed += (await Heard.FromAsync(ladder, streaming, question: $"Question {i}")).Exception is null ? 0 : 1;
        }

        // Routing does not prefer it, so its third refusal may come late.
        Assert.InRange(notServed, 0, 6);
        Assert.True(bad.Calls < 15, $"The region was asked {bad.Calls} times.");
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Account_RefusesEveryRequestInWordsOfNoList_LastResortAnswers(WireProtocol protocol, bool streaming)
    {
        var closed = protocol == WireProtocol.Ollama
            ? """{"error":"Organisation 7 may not use this any more."}"""
            : """{"type":"error","error":{"type":"invalid_request_error","message":"Organisation 7 may not use this any more."}}""";
        await using var provider = await LoopbackProvider.StartAsync(Script.Status(400, body: closed));
        using var ladder = new ResilientChatBuilder().AddModel("primary", provider.Client(protocol)).AddLastResort().WithRetries(0).Build();

        var notServed = 0;
        for (var i = 0; i < 30; i++)
        {
            notServed += (await Heard.FromAsync(ladder, streaming, question: $"Question {i}")).Exception is null ? 0 : 1;
        }

        Assert.InRange(notServed, 0, 6);
        Assert.Equal(CircuitState.Open, ladder.GetRequiredService<ChatCircuits>().Get("primary").State);
        Assert.Equal("ping", Assert.Single(provider.Requests, static request => !request.Messages[^1].Text.StartsWith("Question", StringComparison.Ordinal)).Messages[^1].Text);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task BadRequests_OfOneCaller_ComeBackAsTheyCameAndHarmNoOther(WireProtocol protocol, bool streaming)
    {
        await using var north = await LoopbackProvider.StartAsync();
        await using var south = await LoopbackProvider.StartAsync();
        north.Respond(Judge);
        south.Respond(Judge);
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", model => model
                .RouteBy(RoutingStrategy.Ordered)
                .AddEndpoint("north", north.Client(protocol))
                .AddEndpoint("south", south.Client(protocol)))
            .AddLastResort()
            .WithRetries(0)
            .Build();

        for (var i = 0; i < 30; i++)
        {
            var before = north.Calls + south.Calls;
            var heard = await Heard.FromAsync(ladder, streaming, question: $"Bad {i}");
            Assert.NotNull(heard.Exception);
            Assert.IsNotAssignableFrom<ResilientChatException>(heard.Exception);
            Assert.InRange(north.Calls + south.Calls - before, 1, 2);
        }

        Assert.Equal("Well.", (await Heard.FromAsync(ladder, streaming, question: "Good")).Text);
        var circuits = ladder.GetRequiredService<ChatCircuits>();
        Assert.Equal((CircuitState.Closed, CircuitState.Closed), (circuits.Get("primary", "north").State, circuits.Get("primary", "south").State));

        static Script Judge(ReceivedRequest request) =>
            request.Messages[^1].Text.StartsWith("Bad", StringComparison.Ordinal) ? Script.BadRequest() : Script.Answer("Well.");
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task LowerModel_RefusesDuringAnOutage_NeverReachesTheCaller(WireProtocol primary, bool streaming)
    {
        foreach (var outage in new[] { Script.Status(503), Script.RateLimited(TimeSpan.FromSeconds(60)), Script.QuotaExhausted() })
        {
            foreach (var refusal in new[] { Script.BadRequest(), Script.ContextTooLong(), Script.Status(422) })
            {
                await using var providers = await TwoProviders.StartAsync(primary, outage);
                providers.Fallback.Behavior = refusal;
                var whole = providers.Ladder(static ladder => ladder.AddLastResort());
                var bare = providers.Ladder();
                for (var i = 0; i < 8; i++)
                {
                    Assert.Equal(AnswerSource.LastResort, (await Heard.FromAsync(whole, streaming, question: $"Question {i}")).Report!.Source);
                    var unavailable = Assert.IsType<ChatUnavailableException>((await Heard.FromAsync(bare, streaming, question: $"Question {i}")).Exception);
                    Assert.False(unavailable.Kind is FailureKind.InvalidRequest or FailureKind.ContextTooLong, $"{unavailable.Kind}");
                }
            }
        }
    }
}
