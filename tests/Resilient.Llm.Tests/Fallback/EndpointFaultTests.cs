using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>An endpoint that refuses every request with a 4xx is found out, and a caller's bad request is not taken for one.</summary>
public sealed class EndpointFaultTests : IDisposable
{
    private const string Page = "<html><head><title>400 Bad Request</title></head></html>";
    private const string Json = """{"error":{"message":"This place is closed.","type":"place_error","code":null}}""";

    private readonly RegionLab _lab = new();
    private readonly RefusingClient _sweden = new("sweden");
    private readonly RefusingClient _france = new("france");
    private readonly RefusingClient _cheaper = new("cheaper");
    private readonly List<ChatCircuitEvent> _transitions = [];

    public void Dispose()
    {
        _sweden.Dispose();
        _france.Dispose();
        _cheaper.Dispose();
    }

    /// <summary>Whose fault a refusal is, is never found out beyond the residency: only a question without user data is asked.</summary>
    [Theory]
    [BothWaysData(400)]
    [BothWaysData(413)]
    public async Task BoundRequests_Refused_GoNowhereElse(int status, bool streaming)
    {
        var lab = new LadderLab();
        lab.Primary.Always(Scripted.Throw(() => LadderLab.Status(status)));
        using var outside = ScriptedChatClient.Answering("outside");
        using var ladder = lab.Builder()
            .AddModel("primary", model => model
                .AddEndpoint("eu", lab.Primary, static endpoint => endpoint.InRegion("swedencentral", "EU"))
                .AddEndpoint("us", outside, static endpoint => endpoint.InRegion("eastus", "US")))
            .AddModel("cheaper", lab.Cheaper, static model => model.InRegion("eastus", "US"))
            .Build();
        var options = new ResilientChatOptions { Residency = DataResidency.Within("EU") };
        for (var i = 0; i < 20; i++)
        {
            await Record.ExceptionAsync(() => lab.RunAsync(ladder.AskAsync(streaming, $"confidential {i}", options)));
            lab.Clock.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal((0, 0), (outside.CallCount, lab.Cheaper.CallCount));
        Assert.Contains(lab.Primary.Calls, static call => call.Question == "ping");
    }

    [Theory]
    [BothWaysData(400, null)]
    [BothWaysData(400, Json)]
    [BothWaysData(400, Page)]
    [BothWaysData(413, Json)]
    [BothWaysData(413, Page)]
    [BothWaysData(415, Json)]
    [BothWaysData(415, Page)]
    [BothWaysData(422, Json)]
    [BothWaysData(422, Page)]
    [BothWaysData(431, Json)]
    [BothWaysData(431, Page)]
    public async Task Region_RefusesEveryRequest_HardlyACallerNotices(int status, string? body, bool streaming)
    {
        _sweden.Refuses = _ => new BodyException(status, body);
        using var ladder = Regions(RoutingStrategy.LowestLatency, static chat => chat.AddLastResort());

        var notServed = 0;
        for (var i = 0; i < 200; i++)
        {
            var failure = await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"question {i}"));
            notServed += failure is null ? 0 : 1;
            Assert.True(failure is null || i < 20, $"question {i} was not served: {failure}");
            _lab.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.InRange(notServed, 0, 6);
        Assert.True(_sweden.CallCount < 40, $"The region was asked {_sweden.CallCount} times.");
        Assert.NotEqual(0, _france.CallCount);
        Assert.Equal(0, _cheaper.CallCount);
    }

    [Theory]
    [BothWaysData(400)]
    [BothWaysData(413)]
    [BothWaysData(422)]
    public async Task Account_RefusesEveryRequest_TheQuestionOfOurOwnOpensTheCircuit(int status, bool streaming)
    {
        var primary = new RefusingClient("primary", _ => new BodyException(status, Json));
        using var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _cheaper).OnCircuitChanged(_transitions.Add).Build();

        var notServed = await CountNotServedAsync(ladder, 100, streaming);

        Assert.InRange(notServed, 0, 6);
        Assert.Equal(1, primary.Pings);
        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
        Assert.All(primary.Calls, static call => Assert.True(call.Question == "ping" || call.Question.StartsWith("question", StringComparison.Ordinal)));
        Assert.Equal(CircuitTransitionReason.RequestsRefused, Assert.Single(_transitions).Reason);
    }

    [BothWays]
    public async Task Account_RefusesEveryRequestAndNobodyElseIsThere_LastResortOrUnavailable(bool streaming)
    {
        var primary = new RefusingClient("primary", _ => new BodyException(400, Json));
        using var whole = _lab.Builder().AddModel("primary", primary).AddLastResort().Build();
        using var bare = _lab.Builder().AddModel("primary", new RefusingClient("primary", _ => new BodyException(400, Json))).Build();

        Assert.Equal(2, await CountNotServedAsync(whole, 50, streaming));
        for (var i = 0; i < 3; i++)
        {
            await Record.ExceptionAsync(() => bare.AskAsync(streaming, $"question {i}"));
        }

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => bare.AskAsync(streaming));
        Assert.Equal(FailureKind.CircuitOpen, failure.Kind);
        Assert.True(failure.RetryAfter > TimeSpan.Zero);
    }

    [BothWays]
    public async Task BadRequest_OfOneCaller_ComesBackAsItCameAndCostsAtMostOneCallMore(bool streaming)
    {
        var refusals = new Dictionary<string, Exception>();
        _sweden.Refuses = question => question.StartsWith("bad", StringComparison.Ordinal) ? refusals[question] = new BodyException(400, Json) : null;
        _france.Refuses = question => question.StartsWith("bad", StringComparison.Ordinal) ? new BodyException(400, Json) : null;
        using var ladder = Regions(RoutingStrategy.Ordered);

        for (var i = 0; i < 50; i++)
        {
            var before = Calls;
            var failure = await Assert.ThrowsAsync<BodyException>(() => ladder.AskAsync(streaming, $"bad {i}"));
            Assert.Same(refusals[$"bad {i}"], failure);
            Assert.InRange(Calls - before, 1, 2);
            _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);
        Assert.Equal("from sweden", (await ladder.AskAsync(streaming, "good")).Text);
        Assert.Equal(0, _cheaper.CallCount);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task BadRequests_OfOneTenant_HarmNoOther(bool repeats, bool streaming)
    {
        var random = new Random(3);
        var primary = new RefusingClient("primary", Bad);
        _sweden.Refuses = _france.Refuses = Bad;
        using var single = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", new RefusingClient("cheaper", Bad)).Build();
        using var regional = Regions(RoutingStrategy.LowestLatency);

        for (var i = 0; i < 200; i++)
        {
            foreach (var ladder in new[] { single, regional })
            {
                if (random.Next(4) == 0)
                {
                    Assert.Equal(AnswerSource.Model, (await ladder.AskAsync(streaming, $"good {i}")).GetResilienceReport()!.Source);
                }
                else
                {
                    await Assert.ThrowsAsync<BodyException>(() => ladder.AskAsync(streaming, repeats ? "bad" : $"bad {i}"));
                }
            }

            _lab.Clock.Advance(TimeSpan.FromMilliseconds(500));
        }

        Assert.Equal(CircuitState.Closed, single.Circuit("primary").State);
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(regional).State);

        // At most one question of our own in each break.
        Assert.InRange(primary.Pings, 0, repeats ? 0 : 7);

        static Exception? Bad(string question) => question.StartsWith("bad", StringComparison.Ordinal) ? new BodyException(400, Json) : null;
    }

    [BothWays]
    public async Task Trial_IsRefused_OpensAgainAndStepsDown(bool streaming)
    {
        _sweden.Refuses = _ => new BodyException(400, Json);
        using var ladder = Regions(RoutingStrategy.Ordered);
        await CountNotServedAsync(ladder, 20, streaming);
        var circuit = RegionLab.CircuitInSweden(ladder);
        Assert.Equal(CircuitState.Open, circuit.State);

        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("from france", (await ladder.AskAsync(streaming, "trial")).Text);
        Assert.Equal(CircuitState.Open, circuit.State);
        Assert.True(circuit.ReopensIn > TimeSpan.FromSeconds(20), "The next break is twice as long.");

        _sweden.Refuses = static _ => null;
        _lab.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("from sweden", (await ladder.AskAsync(streaming, "trial")).Text);
        Assert.Equal(CircuitState.Closed, circuit.State);
    }

    [BothWays]
    public async Task BadRequest_WhileASiblingIsOpenForRefusals_ComesBackAsItCame(bool streaming)
    {
        _sweden.Refuses = _ => new BodyException(400, Json);
        using var ladder = Regions(RoutingStrategy.LowestLatency, static chat => chat.AddLastResort());
        await CountNotServedAsync(ladder, 20, streaming);
        var mistake = new BodyException(400, Json);
        _france.Refuses = _ => mistake;

        Assert.Same(mistake, await Record.ExceptionAsync(() => ladder.AskAsync(streaming, "bad")));
    }

    [Theory]
    [BothWaysData("no budget")]
    [BothWaysData("pinned")]
    [BothWaysData("off")]
    public async Task Refusal_OfASuspectThatMayNotBeOffered_ComesBackAsItCame(string why, bool streaming)
    {
        var refusal = new BodyException(400, Json);
        _sweden.Refuses = _ => refusal;
        using var ladder = Regions(RoutingStrategy.Ordered, chat =>
        {
            if (why == "no budget")
            {
                chat.WithRetries(static retries => (retries.BudgetFloor, retries.BudgetRatio) = (0, 0));
            }
            else if (why == "off")
            {
                chat.WithCircuitBreaker(static breaker => breaker.RefusalThreshold = null);
            }
        });

        for (var i = 0; i < 20; i++)
        {
            var options = why == "pinned" ? new ChatOptions { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) } : null;
            Assert.Same(refusal, await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"question {i}", options)));
        }

        Assert.Equal(0, _france.CallCount + _cheaper.CallCount);
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);
    }

    [BothWays]
    public async Task AllowFallback_Denied_NoOtherModelIsOffered(bool streaming)
    {
        var refusal = new BodyException(400, Json);
        var primary = new RefusingClient("primary", question => question == "ping" ? null : refusal);
        using var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _cheaper).Build();
        for (var i = 0; i < 20; i++)
        {
            Assert.Same(refusal, await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"question {i}", new ResilientChatOptions { AllowFallback = false })));
        }

        Assert.Equal(0, _cheaper.CallCount);

        // It answers a minimal question, so it may be the requests; others may still be served by another model.
        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming, "another")).Text);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task LongRequests_OfASuspect_StillGoToALargerModel(bool hasSibling, bool streaming)
    {
        var small = new RefusingClient("small", static question => question == "ping" ? null : new BodyException(413, Json));
        var sibling = new RefusingClient("sibling", static _ => new BodyException(413, Json));
        using var ladder = _lab.Builder()
            .AddModel("primary", model =>
            {
                model.WithContextWindow(1_000).AddEndpoint("sweden", small);
                if (hasSibling)
                {
                    model.AddEndpoint("france", sibling);
                }
            })
            .AddModel("cheaper", _cheaper, static model => model.WithContextWindow(100_000))
            .Build();

        Assert.Equal(0, await CountNotServedAsync(ladder, 50, streaming));
        Assert.Equal(CircuitState.Closed, RegionLab.CircuitInSweden(ladder).State);
    }

    [BothWays]
    public async Task ModelId_ThatOneTenantGetsWrong_OpensNoCircuit(bool streaming)
    {
        var primary = new ModelIdClient("right");
        using var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", new ModelIdClient(null)).Build();
        await ladder.AskAsync(streaming, options: new() { ModelId = "right" });

        for (var i = 0; i < 20; i++)
        {
            await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"question {i}", new() { ModelId = "wrong" }));
        }

        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
        Assert.Contains("ping", primary.Questions);
    }

    [BothWays]
    public async Task Probe_HoldsNoUserData(bool streaming)
    {
        var primary = new RefusingClient("primary", _ => new BodyException(400, Json));
        using var ladder = _lab.Builder().AddModel("primary", primary).AddLastResort().Build();
        var options = new ChatOptions
        {
            Instructions = "secret",
            Tools = [AIFunctionFactory.Create(static () => "secret", "secret")],
            AdditionalProperties = new() { ["secret"] = "secret" },
            Temperature = 0.3f,
        };
        for (var i = 0; i < 5; i++)
        {
            await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"secret {i}", options));
        }

        var (question, sent) = Assert.Single(primary.Calls, static call => call.Question == "ping");
        Assert.Equal("ping", question);
        Assert.Null(sent!.Instructions);
        Assert.Null(sent.Tools);
        Assert.Null(sent.AdditionalProperties);
        Assert.Null(sent.Temperature);
        Assert.Equal(16, sent.MaxOutputTokens);
    }

    [BothWays]
    public async Task LowestLatency_EndpointWasAskedAndNeverAnswered_IsNotPreferred(bool streaming)
    {
        _sweden.Refuses = _ => new BodyException(400, Json);
        using var ladder = Regions(RoutingStrategy.LowestLatency);
        await Record.ExceptionAsync(() => ladder.AskAsync(streaming, "first"));

        Assert.Equal(0, await CountNotServedAsync(ladder, 30, streaming));
        Assert.Equal(1, _sweden.CallCount);
    }

    [BothWays]
    public async Task HedgedRegion_RefusesEveryRequest_HardlyACallerNotices(bool streaming)
    {
        _sweden.Refuses = _ => new BodyException(400, Json);
        using var ladder = Regions(RoutingStrategy.Ordered, static chat => chat.WithHedging(TimeSpan.FromSeconds(1)));

        Assert.InRange(await CountNotServedAsync(ladder, 100, streaming), 0, 6);
        Assert.Equal(CircuitState.Open, RegionLab.CircuitInSweden(ladder).State);
    }

    [BothWays]
    public async Task RandomMixtures_AnEndpointThatRefusesAllIsFoundOut_OneThatRefusesSomeIsNot(bool streaming)
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var isBroken = random.Next(2) == 0;
            var share = random.NextDouble() * 0.6;
            int[] statuses = [400, 413, 422];
            var status = statuses[random.Next(3)];
            var sweden = new RefusingClient("sweden", question => isBroken || IsBad(question) ? new BodyException(status, Json) : null);
            var france = new RefusingClient("france", question => IsBad(question) ? new BodyException(status, Json) : null);
            var lab = new RegionLab();
            using var ladder = lab.Builder().AddModel("primary", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("sweden", sweden).AddEndpoint("france", france)).Build();
            var notServed = 0;
            for (var i = 0; i < 150; i++)
            {
                var isBad = random.NextDouble() < share;
                var failure = await Record.ExceptionAsync(() => ladder.AskAsync(streaming, $"{(isBad ? "bad" : "good")} {i}"));
                Assert.True(!isBad || failure is not null);
                notServed += !isBad && failure is not null ? 1 : 0;
                lab.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(200)));
            }

            Assert.True(notServed <= (isBroken ? 6 : 0), $"seed {seed}: {notServed} good requests were not served");
            Assert.Equal(isBroken, RegionLab.CircuitInSweden(ladder).State != CircuitState.Closed);
        }

        static bool IsBad(string question) => question.StartsWith("bad", StringComparison.Ordinal);
    }

    private int Calls => _sweden.CallCount + _france.CallCount + _cheaper.CallCount;

    private async Task<int> CountNotServedAsync(IChatClient ladder, int requests, bool streaming)
    {
        var notServed = 0;
        for (var i = 0; i < requests; i++)
        {
            notServed += await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming, $"question {i}"))) is null ? 0 : 1;
        }

        return notServed;
    }

    private IChatClient Regions(RoutingStrategy strategy, Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder()
            .AddModel("primary", model => model.RouteBy(strategy).AddEndpoint("sweden", _sweden).AddEndpoint("france", _france))
            .AddModel("cheaper", _cheaper);
        configure?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Refuses every model id but one; without one, answers.</summary>
    private sealed class ModelIdClient(string? known) : IChatClient
    {
        public List<string> Questions { get; } = [];

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Questions.Add(messages.Last().Text);
            return known is not null && options?.ModelId != known
                ? Task.FromException<ChatResponse>(new BodyException(400, Json))
                : Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")) { FinishReason = ChatFinishReason.Stop });
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
