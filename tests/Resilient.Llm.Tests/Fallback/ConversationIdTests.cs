using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What becomes of the ids under which providers keep conversations.</summary>
public sealed class ConversationIdTests
{
    private readonly LadderLab _lab = new();

    /// <summary>Ladders in which something else than the holder may answer the next turn.</summary>
    public static TheoryData<bool, string> Ladders
    {
        get
        {
            var data = new TheoryData<bool, string>();
            foreach (var ladder in (string[])["two models", "two endpoints", "last resort", "cached answers", "read through", "by hand"])
            {
                data.Add(false, ladder);
                data.Add(true, ladder);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Ladders))]
    public async Task Id_ThatTheCallerDidNotBring_IsHidden(bool streaming, string kind)
    {
        var seen = await UpdatesAsync(Ladder(kind), streaming);

        Assert.All(seen, static update => Assert.Null(update.ConversationId));
    }

    [Theory]
    [MemberData(nameof(Ladders))]
    public async Task Id_KeptOnRequest_ReachesTheCaller(bool streaming, string kind)
    {
        var seen = await UpdatesAsync(Ladder(kind, keeps: true), streaming);

        Assert.Equal("primary-1", seen.ToChatResponse().ConversationId);
    }

    [BothWays]
    public async Task Id_OfALadderOfOneEndpoint_IsTheProvidersBusiness(bool streaming) =>
        Assert.Equal("primary-1", (await UpdatesAsync(Ladder("one"), streaming)).ToChatResponse().ConversationId);

    /// <summary>A caller's own id goes to the first model, and the answer brings the next one.</summary>
    [Theory]
    [MemberData(nameof(Ladders))]
    public async Task Id_OfTheCaller_GoesToTheProviderAndTheNextOneComesBack(bool streaming, string kind)
    {
        var primary = new StatefulClient("primary");
        var seen = await UpdatesAsync(Ladder(kind, primary: primary), streaming, new() { ConversationId = "mine" });

        Assert.Equal(("mine", "primary-1"), (primary.LastOptions!.ConversationId, seen.ToChatResponse().ConversationId));
    }

    /// <summary>A caller who brought an id gets it back from a step that keeps no conversation.</summary>
    [BothWays]
    public async Task Id_OfTheCaller_IsEchoedByTheLastResort(bool streaming)
    {
        var primary = new StatefulClient("primary") { Failure = LadderLab.Status(500) };
        var ladder = Ladder("last resort", primary: primary);

        Assert.Equal("mine", (await UpdatesAsync(ladder, streaming, new() { ConversationId = "mine" })).ToChatResponse().ConversationId);
        Assert.Null((await UpdatesAsync(ladder, streaming)).ToChatResponse().ConversationId);
    }

    /// <summary>Hidden from the caller, an answer is like any other: it may be stored, and continued by another model.</summary>
    [BothWays]
    public async Task Answer_WithAHiddenId_IsStored(bool streaming)
    {
        var primary = new StatefulClient("primary");
        var ladder = Ladder("read through", primary: primary);

        await UpdatesAsync(ladder, streaming);
        var second = (await UpdatesAsync(ladder, streaming)).ToChatResponse();

        Assert.Equal((AnswerSource.Cache, 1), (second.GetResilienceReport()!.Source, primary.CallCount));
    }

    /// <summary>A race's answers are as any: its winner's id is hidden too.</summary>
    [BothWays]
    public async Task Id_OfAHedge_IsHidden(bool streaming)
    {
        _lab.Primary.Always(Scripted.Hang());
        var hedge = new StatefulClient("hedge");
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("hedge", hedge).WithHedging(TimeSpan.FromSeconds(1)).Build();

        var answer = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(("from hedge", null), (answer.Text, answer.ConversationId));
    }

    /// <summary>
    /// Ids of which this process knows no holder, as after a restart: the first model's endpoints are asked one after the other, no other model,
    /// and their refusals open no circuit for others.
    /// </summary>
    [Theory]
    [BothWaysData(400)]
    [BothWaysData(404)]
    [BothWaysData(422)]
    public async Task UnknownIds_RefusedManyTimes_OpenNoCircuitAndGoNowhereElse(bool streaming, int status)
    {
        var a = new StatefulClient("a") { Failure = LadderLab.Status(status) };
        var b = new StatefulClient("b") { Failure = LadderLab.Status(status) };
        var cheaper = new StatefulClient("cheaper");
        var ladder = _lab.Builder().KeepConversationIds().WithRetries(0)
            .AddModel("primary", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("a", a).AddEndpoint("b", b))
            .AddModel("cheaper", cheaper)
            .Build();

        for (var i = 0; i < 20; i++)
        {
            var thrown = await Record.ExceptionAsync(() => ladder.AskAsync(streaming, options: new() { ConversationId = $"lost {i}" }));
            Assert.NotNull(thrown);
            Assert.True(status == 404 || ReferenceEquals(b.Failure, thrown), thrown.ToString());
        }

        Assert.Equal((20, 20, 0), (a.CallCount, b.CallCount, cheaper.CallCount));
        Assert.All(ladder.GetRequiredService<ChatCircuits>(), static circuit => Assert.Equal(Polly.CircuitBreaker.CircuitState.Closed, circuit.State));
        a.Failure = b.Failure = null;
        Assert.Equal("from a", (await ladder.AskAsync(streaming)).Text);
    }

    /// <summary>The second region holds the conversation, which another process began.</summary>
    [Theory]
    [BothWaysData(400)]
    [BothWaysData(404)]
    public async Task UnknownId_HeldByASibling_IsFoundThereAndRemembered(bool streaming, int status)
    {
        var a = new StatefulClient("a") { Failure = LadderLab.Status(status) };
        var b = new StatefulClient("b");
        var ladder = _lab.Builder().KeepConversationIds().WithRetries(0)
            .AddModel("primary", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("a", a).AddEndpoint("b", b))
            .Build();

        var first = await ladder.AskAsync(streaming, options: new() { ConversationId = "another process's" });
        var second = await ladder.AskAsync(streaming, options: new() { ConversationId = first.ConversationId });

        Assert.Equal(("from b", "from b"), (first.Text, second.Text));
        Assert.Equal((1, 2), (a.CallCount, b.CallCount));
    }

    /// <summary>A request without an id that gets a 404 speaks about the endpoint, as before.</summary>
    [BothWays]
    public async Task WithoutAnId_A404StillOpensTheCircuit(bool streaming)
    {
        var primary = new StatefulClient("primary") { Failure = LadderLab.Status(404) };
        var ladder = _lab.Builder().WithRetries(0).AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        }

        Assert.True(primary.CallCount < 20);
    }

    /// <summary>Random conversations: a caller who keeps to what it gets is never told that something is missing.</summary>
    [Fact]
    public async Task RandomOutages_CallersKeepTheirHistory_EveryTurnIsAnsweredWithTheWholeOfIt()
    {
        var random = new Random(4711);
        for (var round = 0; round < 50; round++)
        {
            var lab = new LadderLab();
            StatefulClient[] clients = [new("a"), new("b"), new("c")];
            var ladder = lab.Builder().WithRetries(0)
                .AddModel("primary", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("a", clients[0]).AddEndpoint("b", clients[1]))
                .AddModel("cheaper", clients[2])
                .Build();
            List<ChatMessage> history = [];
            string? id = null;
            for (var turn = 0; turn < 8; turn++)
            {
                foreach (var client in clients)
                {
                    client.Failure = random.Next(3) == 0 ? LadderLab.Status(500) : null;
                }

                clients[random.Next(3)].Failure = null;
                history.Add(new(ChatRole.User, $"question {turn}"));
                var sent = id is null ? history : [history[^1]];

                var answer = await ladder.AskAsync(random.Next(2) == 0, sent, new() { ConversationId = id });

                id = answer.ConversationId;
                history.AddRange(answer.Messages);
                Assert.Equal((2 * turn) + 1, clients.Single(client => answer.Text == $"from {client.Name}").LastMessages!.Count);
            }
        }
    }

    private IChatClient Ladder(string kind, bool keeps = false, StatefulClient? primary = null)
    {
        primary ??= new("primary");
        if (kind == "by hand")
        {
            var chain = new FallbackChatClient([new("primary", primary), new("cheaper", _lab.Cheaper)], new() { KeepConversationIds = keeps });
            return new ResilientChatClient(chain, timeProvider: _lab.Clock);
        }

        var builder = _lab.Builder().WithRetries(0);
        builder = kind == "two endpoints"
            ? builder.AddModel("primary", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("a", primary).AddEndpoint("b", _lab.Cheaper))
            : builder.AddModel("primary", primary);
        builder = kind switch
        {
            "two models" => builder.AddModel("cheaper", _lab.Cheaper),
            "last resort" => builder.AddLastResort(),
            "cached answers" => builder.AddCachedAnswers(),
            "read through" => builder.AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough),
            _ => builder,
        };
        return (keeps ? builder.KeepConversationIds() : builder).Build();
    }

    private static async Task<List<ChatResponseUpdate>> UpdatesAsync(IChatClient ladder, bool streaming, ChatOptions? options = null) => streaming
        ? await ladder.GetStreamingResponseAsync(LadderLab.Ask(), options).ToListAsync()
        : [.. (await ladder.GetResponseAsync(LadderLab.Ask(), options)).ToChatResponseUpdates()];

    /// <summary>A provider that keeps every answer, and says so in each of its updates.</summary>
    private sealed class StatefulClient(string name) : IChatClient
    {
        public string Name => name;

        public Exception? Failure { get; set; }

        public int CallCount { get; private set; }

        public ChatOptions? LastOptions { get; private set; }

        public List<ChatMessage>? LastMessages { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            CallCount++;
            LastOptions = options;
            LastMessages = [.. messages];
            if (Failure is not null)
            {
                throw Failure;
            }

            var id = $"{name}-{CallCount}";
            yield return new() { Role = ChatRole.Assistant, MessageId = id, ConversationId = id };
            yield return new(ChatRole.Assistant, "from ") { MessageId = id, ConversationId = id };
            yield return new(ChatRole.Assistant, name) { MessageId = id, ConversationId = id };
            yield return new() { MessageId = id, ConversationId = id, FinishReason = ChatFinishReason.Stop };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
