using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;
using Resilient.Llm.Testing;

namespace Resilient.Llm.ProviderState.Tests;

/// <summary>Conversations over the Responses API, whose adapter names a conversation in every answer: judged by what arrives at
/// the servers.</summary>
public sealed class ResponsesConversationTests : IAsyncLifetime
{
    // No test waits for a clock; this only turns a hang into a failure.
    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    private static readonly string[] s_questions = ["One?", "Two?", "Three?", "Four?"];

    private LoopbackProvider _responses = null!;
    private LoopbackProvider _other = null!;

    /// <summary>Where the Responses API stands, what stands beside it, and plain or streamed.</summary>
    public static TheoryData<bool, WireProtocol, bool> Ladders
    {
        get
        {
            var data = new TheoryData<bool, WireProtocol, bool>();
            foreach (var isPrimary in (bool[])[true, false])
            {
                foreach (var other in (WireProtocol[])[WireProtocol.Anthropic, WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Ollama])
                {
                    data.Add(isPrimary, other, false);
                    data.Add(isPrimary, other, true);
                }
            }

            return data;
        }
    }

    public async Task InitializeAsync()
    {
        _responses = await LoopbackProvider.StartAsync("from responses");
        _other = await LoopbackProvider.StartAsync("from other");
    }

    public async Task DisposeAsync()
    {
        await _responses.DisposeAsync();
        await _other.DisposeAsync();
    }

    /// <summary>Four turns of a caller who goes by the id that it gets, as frameworks do; the first model is down in the second turn.</summary>
    [Theory]
    [MemberData(nameof(Ladders))]
    public async Task FourTurns_PrimaryDownInTheSecond_EachTurnIsSentTheWholeHistory(bool isPrimary, WireProtocol other, bool streaming)
    {
        var (first, second) = isPrimary ? (_responses, _other) : (_other, _responses);
        using var ladder = new ResilientChatBuilder().WithRetries(0)
            .AddModel("primary", isPrimary ? _responses.OpenAIResponses() : _other.CreateClient(other))
            .AddModel("fallback", isPrimary ? _other.CreateClient(other) : _responses.OpenAIResponses())
            .AddLastResort()
            .Build();
        var caller = new Caller(ladder, streaming);
        var healthy = first.Behavior;

        for (var turn = 0; turn < 4; turn++)
        {
            first.Behavior = turn == 1 ? Script.ServerError() : healthy;
            var answer = await caller.AskAsync(s_questions[turn]);

            Assert.Null(answer.ConversationId);
            var asked = (turn == 1 ? second : first).Requests[^1];
            Assert.Equal(s_questions[..(turn + 1)], asked.Messages.Where(static message => message.Role == "user").Select(static message => message.Text));
            Assert.Equal(turn, asked.Messages.Count(static message => message.Role == "assistant"));
            Assert.Null(asked.PreviousResponseId);
        }

        Assert.Equal((4, 1), (first.Requests.Count, second.Requests.Count));
        Assert.Empty(first.Refusals);
        Assert.Empty(second.Refusals);
    }

    /// <summary>With a last resort alone below: it answers a turn, and the next one brings the history.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LastResortAnswersATurn_TheConversationGoesOn(bool streaming)
    {
        using var ladder = new ResilientChatBuilder().WithRetries(0).AddModel("only", _responses.OpenAIResponses()).AddLastResort().Build();
        var caller = new Caller(ladder, streaming);

        await caller.AskAsync("One?");
        _responses.Enqueue(Script.ServerError());
        var apology = await caller.AskAsync("Two?");
        var third = await caller.AskAsync("Three?");

        Assert.Equal(AnswerSource.LastResort, apology.GetResilienceReport()!.Source);
        Assert.Equal("from responses", third.Text);
        Assert.Equal(5, _responses.Requests[^1].Messages.Count);
    }

    /// <summary>Without anything beside it the provider keeps the conversation, as it would without a ladder.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneEndpoint_GoesOnFromTheProvidersId(bool streaming)
    {
        using var ladder = new ResilientChatBuilder().AddModel("only", _responses.OpenAIResponses()).Build();
        var caller = new Caller(ladder, streaming);

        var first = await caller.AskAsync("One?");
        await caller.AskAsync("Two?");

        Assert.Equal(first.ConversationId, _responses.Requests[1].PreviousResponseId);
        Assert.Single(_responses.Requests[1].Messages);
        Assert.Equal(3, _responses.Requests[1].History.Count);
    }

    /// <summary>Two accounts of one API, and server state wanted: each conversation goes on where it is held, or the caller is told.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KeptIds_GoOnAtTheirHolder(bool streaming)
    {
        using var ladder = Accounts(keeps: true);
        _responses.Enqueue(Script.ServerError());
        var caller = new Caller(ladder, streaming);

        var begun = await caller.AskAsync("One?");
        var next = await caller.AskAsync("Two?");
        _other.Enqueue(Script.ServerError());
        var lost = await Record.ExceptionAsync(() => caller.AskAsync("Three?"));

        Assert.Equal(("from other", "from other"), (begun.Text, next.Text));
        Assert.Equal(begun.ConversationId, _other.Requests[1].PreviousResponseId);
        Assert.IsType<ConversationUnavailableException>(lost);
        Assert.Single(_responses.Requests);
    }

    /// <summary>Another process, after a restart: the ids of both accounts arrive, and neither account's refusal closes it for others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task KeptIds_AfterARestart_AreFoundAmongTheAccountsOfTheModel(bool streaming)
    {
        var ids = new List<string?>();
        using (var before = Accounts(keeps: true))
        {
            for (var i = 0; i < 8; i++)
            {
                _responses.Enqueue(Script.ServerError());
                var caller = new Caller(before, streaming);
                ids.Add((await caller.AskAsync("One?")).ConversationId);
                before.GetRequiredService<ChatCircuits>().Get("primary", "a").Reset();
            }
        }

        using var after = Accounts(keeps: true);
        foreach (var id in ids)
        {
            Assert.Equal("from other", (await AskAsync(after, streaming, id)).Text);
        }

        Assert.Equal(8, _responses.Refusals.Count);
        Assert.Equal("from responses", (await AskAsync(after, streaming)).Text);
    }

    /// <summary>An id that no account knows: told as the provider says it, and nothing else is asked.</summary>
    [Theory]
    [InlineData(false, "resp_of_nobody")]
    [InlineData(true, "resp_of_nobody")]
    [InlineData(false, "conv_of_nobody")]
    [InlineData(true, "conv_of_nobody")]
    public async Task IdThatNoAccountKnows_IsToldAndHarmsNothing(bool streaming, string id)
    {
        using var ladder = Accounts(keeps: false);
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => AskAsync(ladder, streaming, id)));
        }

        Assert.Equal((10, 10), (_responses.Refusals.Count, _other.Refusals.Count));
        Assert.Equal("from responses", (await AskAsync(ladder, streaming)).Text);
    }

    private static Task<ChatResponse> AskAsync(IChatClient ladder, bool streaming, string? id = null) =>
        ladder.AskAsync(streaming, options: new() { ConversationId = id }).WaitAsync(s_tooLong);

    private IChatClient Accounts(bool keeps)
    {
        var builder = new ResilientChatBuilder().WithRetries(0).AddModel("primary", model => model
            .RouteBy(RoutingStrategy.Ordered)
            .AddEndpoint("a", _responses.OpenAIResponses())
            .AddEndpoint("b", _other.OpenAIResponses()));
        return (keeps ? builder.KeepConversationIds() : builder).Build();
    }

    /// <summary>A caller as the abstractions want it: with an id it sends what is new, without one everything.</summary>
    private sealed class Caller(IChatClient ladder, bool streaming)
    {
        private readonly List<ChatMessage> _history = [];
        private string? _id;

        public async Task<ChatResponse> AskAsync(string question)
        {
            _history.Add(new(ChatRole.User, question));
            List<ChatMessage> sent = _id is null ? [.. _history] : [_history[^1]];
            var options = new ChatOptions { ConversationId = _id };
            var answer = await ladder.AskAsync(streaming, sent, options).WaitAsync(s_tooLong);
            _history.AddRange(answer.Messages);
            _id = answer.ConversationId;
            return answer;
        }
    }
}
