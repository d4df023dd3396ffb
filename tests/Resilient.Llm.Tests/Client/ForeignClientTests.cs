using Microsoft.Extensions.AI;
using NSubstitute;

namespace Resilient.Llm.Tests;

/// <summary>What a client that knows nothing of this library gets to see of it.</summary>
public sealed class ForeignClientTests
{
    private readonly IChatClient _client = Substitute.For<IChatClient>();

    public ForeignClientTests()
    {
        _client.GetResponseAsync(default!, default, default).ReturnsForAnyArgs(new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")));
        _client.GetStreamingResponseAsync(default!, default, default).ReturnsForAnyArgs(_ =>
            new ChatResponse(new ChatMessage(ChatRole.Assistant, "answer")) { FinishReason = ChatFinishReason.Stop }.ToChatResponseUpdates().ToAsyncEnumerable());
    }

    [BothWays]
    public async Task Call_WithWishes_ReachesTheClientAsPlainOptions(bool streaming)
    {
        using var ladder = new ResilientChatBuilder().AddModel("primary", _client, m => m.InRegion("swedencentral", "EU")).Build();
        var wishes = new ResilientChatOptions { Temperature = 0.5f, CachePartition = "tenant", Residency = DataResidency.Within("EU") };

        await Ask(ladder, streaming, wishes);

        AssertReceived(streaming, options => options!.GetType() == typeof(ChatOptions) && options.Temperature == 0.5f && options.AdditionalProperties is null);
    }

    [BothWays]
    public async Task Call_WithoutOptions_ReachesTheClientWithoutOptions(bool streaming)
    {
        using var ladder = new ResilientChatBuilder().AddModel("primary", _client).Build();

        await Ask(ladder, streaming, null);

        AssertReceived(streaming, static options => options is null);
    }

    [Fact]
    public void GetService_KeyedAndForeign_IsAskedOfTheClient()
    {
        var service = new object();
        _client.GetService(typeof(object), "key").Returns(service);
        using var ladder = new ResilientChatBuilder().AddModel("primary", _client).AddLastResort().Build();

        Assert.Same(service, ladder.GetService(typeof(object), "key"));
        Assert.Null(ladder.GetService(typeof(object), "other key"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_OfTheLadder_ReachesTheClientOnlyIfTheLadderMadeIt(bool isMade)
    {
        var builder = new ResilientChatBuilder();
        var ladder = (isMade ? builder.AddModel("primary", _ => _client) : builder.AddModel("primary", _client)).Build();

        ladder.Dispose();
        ladder.Dispose();

        _client.Received(isMade ? 1 : 0).Dispose();
    }

    private static async Task Ask(IChatClient ladder, bool streaming, ChatOptions? options)
    {
        var answer = streaming
            ? await ladder.GetStreamingResponseAsync("question", options).ToChatResponseAsync()
            : await ladder.GetResponseAsync("question", options);
        Assert.Equal("answer", answer.Text);
    }

    private void AssertReceived(bool streaming, Predicate<ChatOptions?> isExpected)
    {
        if (streaming)
        {
            _client.Received(1).GetStreamingResponseAsync(Arg.Any<IEnumerable<ChatMessage>>(), Arg.Is<ChatOptions?>(o => isExpected(o)), Arg.Any<CancellationToken>());
        }
        else
        {
            _client.Received(1).GetResponseAsync(Arg.Any<IEnumerable<ChatMessage>>(), Arg.Is<ChatOptions?>(o => isExpected(o)), Arg.Any<CancellationToken>());
        }
    }
}
