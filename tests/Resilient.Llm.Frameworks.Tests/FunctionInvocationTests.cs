using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Microsoft's function invocation above a ladder, with parallel calls: one model calls, the same or another gets the results.</summary>
public class FunctionInvocationTests
{
    private static readonly ReasoningOptions s_thinking = new() { Effort = ReasoningEffort.Medium };

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task Alone_NothingFails_IsTheControl(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        foreach (var thinks in (bool[])[false, true])
        {
            await using var models = await TwoModels.StartAsync(primary, fallback);
            models.Primary.Thinks = thinks;
            var user = new User(models.Alone(), models.Conversation, streaming) { Options = { Reasoning = thinks ? s_thinking : null } };

            Assert.Equal(
                ["primary answers question 1.", "primary answers question 2."], [await user.AskAsync("One?"), await user.AskAsync("Two?")]);
            Assert.Empty(models.Primary.Provider.Refusals);
            AssertEachToolRanOnce(user, turns: 2);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryDiesBetweenCallAndResult_FallbackGetsBoth_PrimaryIsBackInTheNextTurn(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = DiesAtResultsOfFirstTurn;
        var user = new User(models.Ladder, models.Conversation, streaming);

        var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?"), await user.AskAsync("Three?") };

        Assert.Equal(["fallback answers question 1.", "primary answers question 2.", "primary answers question 3."], answers);
        models.AssertWholeHistory();
        AssertEachToolRanOnce(user, turns: 3);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task FallbackCallsAndDies_PrimaryIsBack_PrimaryGetsTheCallsOfTheFallback(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        foreach (var thinks in (bool[])[false, true])
        {
            await using var models = await TwoModels.StartAsync(primary, fallback);
            models.Primary.Thinks = models.Fallback.Thinks = thinks;
            models.Primary.Outage = static moment => moment is (1, false) ? Script.Status(503) : null;
            models.Fallback.Outage = static moment => moment is (1, true) ? Script.Status(503) : null;
            var user = new User(models.Ladder, models.Conversation, streaming) { Options = { Reasoning = thinks ? s_thinking : null } };

            var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?") };

            Assert.Equal(["primary answers question 1.", "primary answers question 2."], answers);
            models.AssertWholeHistory();
            AssertEachToolRanOnce(user, turns: 2);
        }
    }

    /// <summary>Who has called the tools is asked first with their results; then the ladder's order holds again.</summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task FallbackCalls_PrimaryIsBack_FallbackFinishesItsTurnOnly(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        foreach (var thinks in (bool[])[false, true])
        {
            await using var models = await TwoModels.StartAsync(primary, fallback);
            models.Primary.Thinks = models.Fallback.Thinks = thinks;
            models.Primary.Outage = static moment => moment is (1, false) ? Script.Status(503) : null;
            var user = new User(models.Ladder, models.Conversation, streaming) { Options = { Reasoning = thinks ? s_thinking : null } };

            var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?") };

            Assert.Equal(["fallback answers question 1.", "primary answers question 2."], answers);
            models.AssertWholeHistory();
            AssertEachToolRanOnce(user, turns: 2);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task ModelsThatThink_PrimaryDiesBetweenCallAndResult_EachProviderGetsItsOwnReasoningOnly(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Thinks = models.Fallback.Thinks = true;
        models.Primary.Outage = DiesAtResultsOfFirstTurn;
        var user = new User(models.Ladder, models.Conversation, streaming) { Options = { Reasoning = s_thinking } };

        var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?"), await user.AskAsync("Three?") };

        Assert.Equal(["fallback answers question 1.", "primary answers question 2.", "primary answers question 3."], answers);
        models.AssertWholeHistory();
        AssertEachToolRanOnce(user, turns: 3);
        AssertHasOwnReasoningOnly(models.Primary, "primary");
        AssertHasOwnReasoningOnly(models.Fallback, "fallback");
        Assert.All(user.Thoughts, static message => Assert.Equal(ChatRole.Assistant, message.Role));
    }

    /// <summary>
    /// An application adopts a ladder. Streams of Responses alone leave reasoning beside the results of tools; others cannot read it.
    /// </summary>
    [Theory]
    [BothWaysData(WireProtocol.OpenAI)]
    [BothWaysData(WireProtocol.Anthropic)]
    public async Task HistoryFromBeforeTheLadder_PrimaryIsDown_FallbackGoesOn(WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(WireProtocol.Responses, fallback, stateless: true);
        models.Primary.Thinks = models.Fallback.Thinks = true;
        var user = new User(models.Alone(), models.Conversation, streaming) { Options = { Reasoning = s_thinking } };
        await user.AskAsync("One?");
        models.Primary.Dies();
        user.Client = models.Ladder;

        Assert.Equal("fallback answers question 2.", await user.AskAsync("Two?"));

        models.AssertWholeHistory();
    }

    /// <summary>
    /// Either provider may fail at any request, in any way. Where both do, the last resort's apology is a part of the history.
    /// </summary>
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task OutagesAtRandom_NothingThrows_EachRequestHoldsTheWholeHistory(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        const int Turns = 8;
        for (var seed = 0; seed < 6; seed++)
        {
            var outages = new Outages(seed);
            await using var models = await TwoModels.StartAsync(primary, fallback, stateless: seed > 2, configure: static ladder => ladder
                .WithCircuitBreaker(failures: 1000, within: TimeSpan.FromMinutes(1))
                .AddLastResort());
            models.Primary.Outage = outages.Often;
            models.Fallback.Outage = outages.Seldom;
            var thinks = seed % 2 == 1;
            models.Primary.Thinks = models.Fallback.Thinks = thinks;
            var user = new User(models.Ladder, models.Conversation, streaming) { Options = { Reasoning = thinks ? s_thinking : null } };

            for (var turn = 1; turn <= Turns; turn++)
            {
                var answer = await user.AskAsync($"Question {turn}?");
                if (!answer.EndsWith($"answers question {turn}.", StringComparison.Ordinal))
                {
                    models.Conversation.Answers(answer);
                }
            }

            models.AssertWholeHistory();
            Assert.True(outages.Count > 0);
            Assert.All(user.Tools.Runs.Values, static runs => Assert.Equal(1, runs));
        }
    }

    private static Script? DiesAtResultsOfFirstTurn(PlayedModel.Moment moment) => moment is (1, true) ? Script.Status(503) : null;

    private static void AssertHasOwnReasoningOnly(PlayedModel model, string name) => Assert.All(
        model.Requests.SelectMany(static request => request.Reasoning),
        thought => Assert.StartsWith(name, thought.Text, StringComparison.Ordinal));

    private static void AssertEachToolRanOnce(User user, int turns)
    {
        Assert.Equal(turns * Tools.Names.Length, user.Tools.Runs.Count);
        Assert.All(user.Tools.Runs.Values, static runs => Assert.Equal(1, runs));
    }

    /// <summary>Keeps a conversation as the documentation of Microsoft.Extensions.AI shows it.</summary>
    private sealed class User(IChatClient client, Conversation conversation, bool streaming)
    {
        private IChatClient _client = Invoking(client);
        private readonly List<ChatMessage> _history = [];

        public Tools Tools { get; } = new();

        /// <summary>The messages that hold reasoning.</summary>
        public IEnumerable<ChatMessage> Thoughts => _history.Where(static m => m.Contents.Any(static c => c is TextReasoningContent));

        public ChatOptions Options { get; } = new();

        public IChatClient Client
        {
            set => _client = Invoking(value);
        }

        public async Task<string> AskAsync(string question)
        {
            Options.Tools ??= Tools.Functions;
            conversation.Asks(question);
            _history.Add(new(ChatRole.User, question));
            ChatResponse response;
            if (streaming)
            {
                var updates = new List<ChatResponseUpdate>();
                await foreach (var update in _client.GetStreamingResponseAsync(_history, Options))
                {
                    updates.Add(update);
                }

                response = updates.ToChatResponse();
            }
            else
            {
                response = await _client.GetResponseAsync(_history, Options);
            }

            _history.AddMessages(response);
            if (response.ConversationId is { } id)
            {
                // As documented: a provider that keeps the conversation is sent what is new alone.
                Options.ConversationId = id;
                _history.Clear();
            }

            return response.Messages[^1].Text;
        }

        private static IChatClient Invoking(IChatClient client) => client.AsBuilder()
            .UseFunctionInvocation(configure: static invocation => invocation.AllowConcurrentInvocation = true)
            .Build();
    }
}
