using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class RateLimitChatClientTests
{
    [Fact]
    public void Check_InnerLayerRefuses_IsRefused()
    {
        var inner = new Layer(ScriptedChatClient.Answering("ok")) { State = new(FailureKind.CircuitOpen, ReopensIn: TimeSpan.FromSeconds(4)) };
        var client = Limit(new PassingClient(inner), o => o.MaxConcurrentCalls = 1);

        Assert.Equal(inner.State, Check(client));
        inner.State = new(null, NeedsReservation: true);
        Assert.True(Check(client) is { IsAvailable: true, NeedsReservation: true });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryReserve_AsksTheInnerLayer(bool answer)
    {
        IAvailability client = Limit(new Layer(ScriptedChatClient.Answering("ok")) { Grants = answer }, o => o.MaxConcurrentCalls = 1);

        Assert.Equal(answer, client.TryReserve(new(_time, false, default)));
    }

    [Fact]
    public void TryReserve_NoInnerLayer_Succeeds()
    {
        IAvailability client = Limit(ScriptedChatClient.Answering("ok"), o => o.MaxConcurrentCalls = 1);

        Assert.True(client.TryReserve(new(_time, false, default)));
    }

    [Fact]
    public void GetService_OwnTypeOrAnother_ReturnsItselfOrForwards()
    {
        var inner = ScriptedChatClient.Answering("ok").Named("provider");
        var client = Limit(inner, o => o.MaxConcurrentCalls = 1);

        Assert.Same(client, client.GetService<RateLimitChatClient>());
        Assert.Same(client, client.GetService(typeof(IAvailability)));
        Assert.Same(inner, client.GetService<ScriptedChatClient>());
        Assert.Equal("provider", client.GetService<ChatClientMetadata>()?.ProviderName);
        Assert.Null(client.GetService(typeof(RateLimitChatClient), "key"));
    }

    [Fact]
    public void Dispose_Twice_DisposesTheInnerClientOnce()
    {
        var inner = ScriptedChatClient.Answering("ok");
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.MaxWait) = (1, TimeSpan.FromSeconds(1)));

        client.Dispose();
        client.Dispose();

        Assert.Equal(1, inner.Disposals);
    }

    [BothWays]
    public async Task NoLimits_PassesEverything(bool streaming)
    {
        using var client = new RateLimitChatClient(ScriptedChatClient.Answering("ok"));

        Assert.Equal("ok", (await client.AskAsync(streaming)).Text);
        Assert.True(Check(client).IsAvailable);
    }

    [Fact]
    public void GetResponse_InnerAnswersAtOnce_ReturnsItsTaskUntouchedAndAllocatesNothing()
    {
        var inner = new ImmediateClient();
        var client = Limit(inner, o => (o.MaxConcurrentCalls, o.RequestsPerMinute, o.TokensPerMinute) = (1, 10_000, 100_000_000));
        List<ChatMessage> messages = [new(ChatRole.User, "q")];
        Assert.Same(inner.Response, client.GetResponseAsync(messages));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _ = client.GetResponseAsync(messages);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Stream_InnerIsSynchronous_AllocatesNothingPerUpdate()
    {
        var client = Limit(new ImmediateClient(), o => (o.MaxConcurrentCalls, o.RequestsPerMinute, o.TokensPerMinute) = (1, 100, 1_000_000));
        await using var updates = client.GetStreamingResponseAsync([]).GetAsyncEnumerator();
        for (var i = 0; i < 100; i++)
        {
            Assert.True(await updates.MoveNextAsync());
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _ = await updates.MoveNextAsync();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>A layer of ours, as far as availability goes.</summary>
    private sealed class Layer(IChatClient inner) : DelegatingChatClient(inner), IAvailability
    {
        public Llm.Endpoints.Availability State { get; set; }

        public bool Grants { get; init; }

        public Llm.Endpoints.Availability Check() => State;

        public bool TryReserve(RequestContext context) => Grants;

        public void OpenForRefusals() => State = new(FailureKind.CircuitOpen, IsForRefusals: true);
    }
}
