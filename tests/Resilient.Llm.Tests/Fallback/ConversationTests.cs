using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Fallback;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Conversations whose state a provider holds: they stay where they are, whatever the strategy and the health of the endpoint.</summary>
public sealed class ConversationTests : IDisposable
{
    private readonly LadderLab _lab = new();
    private readonly Provider _sweden = new("sweden");
    private readonly Provider _france = new("france");
    private readonly Provider _cheaper = new("cheaper");

    /// <summary>Which endpoint the strategy puts first.</summary>
    private string _first = "sweden";

    public void Dispose()
    {
        _sweden.Dispose();
        _france.Dispose();
        _cheaper.Dispose();
    }

    [Theory]
    [InlineData(false, "everywhere")]
    [InlineData(true, "everywhere")]
    [InlineData(true, "preamble")]
    [InlineData(true, "end")]
    public async Task Conversation_OfAnEndpoint_GoesOnThereWhateverTheStrategySays(bool streaming, string named)
    {
        var ladder = Ladder();
        _first = "france";
        _france.Named = named;
        var begun = await AskAsync(ladder, streaming);
        _first = "sweden";

        var options = new ChatOptions { ConversationId = begun.ConversationId };
        var second = await AskAsync(ladder, streaming, options);

        Assert.Equal(("from france", "from france"), (begun.Text, second.Text));
        Assert.Equal(begun.ConversationId, _france.LastOptions!.ConversationId);
        Assert.Equal("from sweden", (await AskAsync(ladder, streaming)).Text);
    }

    [BothWays]
    public async Task Conversation_ItsEndpointIsUnavailable_IsAskedNowhereElse(bool streaming)
    {
        var ladder = Ladder();
        var begun = await AskAsync(ladder, streaming);
        ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden").Isolate();

        var thrown = await Assert.ThrowsAsync<ConversationUnavailableException>(() => AskAsync(ladder, streaming, new() { ConversationId = begun.ConversationId }));

        Assert.Contains("'primary/sweden'", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(begun.ConversationId!, thrown.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            [("sweden", "isolated"), ("france", "conversation is held by another endpoint"), ("cheaper", "conversation is held by another endpoint")],
            thrown.Report.Attempts.Select(static a => (a.Endpoint!, a.SkipReason!)));
        Assert.Equal((0, 0), (_france.CallCount, _cheaper.CallCount));
    }

    [BothWays]
    public async Task Conversation_ItsEndpointFails_SaysSoAndKeepsTheCause(bool streaming)
    {
        var ladder = Ladder();
        var begun = await AskAsync(ladder, streaming);
        _sweden.Failure = LadderLab.Status(404);

        var thrown = await Assert.ThrowsAsync<ConversationUnavailableException>(() => AskAsync(ladder, streaming, new() { ConversationId = begun.ConversationId }));

        Assert.Same(_sweden.Failure, thrown.InnerException);
        Assert.Equal(FailureKind.ModelUnavailable, thrown.Kind);
        Assert.Equal(0, _france.CallCount);
    }

    [BothWays]
    public async Task Conversation_ItsEndpointIsUnavailable_TheLastResortStillAnswers(bool streaming)
    {
        var ladder = Ladder(static chat => chat.AddLastResort());
        var begun = await AskAsync(ladder, streaming);
        ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden").Isolate();

        var response = await AskAsync(ladder, streaming, new() { ConversationId = begun.ConversationId });

        Assert.Equal(AnswerSource.LastResort, response.GetResilienceReport()!.Source);
    }

    [BothWays]
    public async Task Conversation_OfALowerModel_GoesOnThere(bool streaming)
    {
        var ladder = Ladder();
        _sweden.Failure = _france.Failure = LadderLab.Status(404);
        var begun = await AskAsync(ladder, streaming);
        _sweden.Failure = _france.Failure = null;

        var second = await AskAsync(ladder, streaming, new() { ConversationId = begun.ConversationId, ModelId = "large" });

        Assert.Equal(("from cheaper", "from cheaper"), (begun.Text, second.Text));
        Assert.Equal((begun.ConversationId, null), (_cheaper.LastOptions!.ConversationId, _cheaper.LastOptions.ModelId));
    }

    [BothWays]
    public async Task Conversation_NobodyHereHasGivenIt_GoesToTheFirstDeclaredEndpoint(bool streaming)
    {
        var ladder = Ladder();
        _first = "france";

        var response = await AskAsync(ladder, streaming, new() { ConversationId = "another process's" });

        Assert.Equal("from sweden", response.Text);
    }

    [Fact]
    public void Holders_BeyondTheCapacity_TheLeastRecentlyUsedIsForgotten()
    {
        var holder = new Step { Endpoint = new("primary", "sweden"), Level = 0, Client = _sweden };
        var holders = new ConversationHolders(capacity: 2);
        holders.Note("a", holder);
        holders.Note("b", holder);
        Assert.NotNull(holders.Find("a"));

        holders.Note("c", holder);
        holders.Note("c", holder);

        Assert.Equal((holder, null, holder), (holders.Find("a"), holders.Find("b"), holders.Find("c")));
    }

    private IChatClient Ladder(Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder().KeepConversationIds()
            .AddModel("primary", model => model.RouteBy(new FirstIs(() => _first)).AddEndpoint("sweden", _sweden).AddEndpoint("france", _france))
            .AddModel("cheaper", _cheaper);
        configure?.Invoke(builder);
        return builder.Build();
    }

    private Task<ChatResponse> AskAsync(IChatClient ladder, bool streaming, ChatOptions? options = null) => _lab.RunAsync(ladder.AskAsync(streaming, options: options));

    private sealed class FirstIs(Func<string> name) : RoutingStrategy
    {
        public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context)
        {
            if (endpoints[0].Name != name())
            {
                endpoints.Reverse();
            }
        }
    }

    /// <summary>A provider that begins a conversation where none goes on.</summary>
    private sealed class Provider(string name) : IChatClient
    {
        /// <summary>Where in its streams the conversation is named.</summary>
        public string Named { get; set; } = "everywhere";

        public Exception? Failure { get; set; }

        public int CallCount { get; private set; }

        public ChatOptions? LastOptions { get; private set; }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            CallCount++;
            LastOptions = options;
            if (Failure is not null)
            {
                throw Failure;
            }

            var id = options?.ConversationId ?? $"{name}-{CallCount}";
            yield return new() { Role = ChatRole.Assistant, MessageId = "m", ConversationId = Named == "end" ? null : id };
            yield return new(ChatRole.Assistant, "from ") { MessageId = "m", ConversationId = Named == "everywhere" ? id : null };
            yield return new(ChatRole.Assistant, name) { MessageId = "m", ConversationId = Named == "everywhere" ? id : null };
            yield return new() { MessageId = "m", FinishReason = ChatFinishReason.Stop, ConversationId = Named == "preamble" ? null : id };
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
