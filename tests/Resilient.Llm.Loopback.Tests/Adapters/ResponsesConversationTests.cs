using System.ClientModel;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Conversations that the Responses API keeps.</summary>
public class ResponsesConversationTests
{
    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PreviousResponse_OfThisProvider_IsGoneOnWith(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");
        var client = provider.OpenAIResponses();
        var first = await AdapterCall.OfAsync(client, streaming);

        var second = await AdapterCall.OfAsync(
            client, streaming, [new(ChatRole.User, "Bye")], new() { ConversationId = first.ConversationId });

        Assert.Null(second.Exception);
        Assert.NotEqual(first.ConversationId, second.ConversationId);
        var request = provider.Requests[1];
        Assert.Equal(first.ConversationId, request.PreviousResponseId);
        Assert.Equal([("user", "Bye")], request.Messages);
        Assert.Equal([("user", "Hi"), ("assistant", "Hello."), ("user", "Bye")], request.History);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PreviousResponse_OfAnotherProvider_IsA400(bool streaming)
    {
        await using var author = await LoopbackProvider.StartAsync("Hello.");
        await using var other = await LoopbackProvider.StartAsync("Hello.");
        var first = await AdapterCall.OfAsync(author.OpenAIResponses(), streaming);

        var second = await AdapterCall.OfAsync(other.OpenAIResponses(), streaming, new() { ConversationId = first.ConversationId });

        Assert.Equal(400, Assert.IsType<ClientResultException>(second.Exception).Status);
        Assert.Contains("previous_response_not_found", Assert.Single(other.Refusals), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Conversation_Started_KeepsItsIdAndAllThatWasSaid(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");
        var options = new ChatOptions { ConversationId = provider.StartConversation() };
        var first = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming, options);

        var second = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming, [new(ChatRole.User, "Bye")], options);

        Assert.Equal((options.ConversationId, options.ConversationId), (first.ConversationId, second.ConversationId));
        Assert.Equal(options.ConversationId, provider.Requests[1].ConversationId);
        Assert.Equal([("user", "Hi"), ("assistant", "Hello."), ("user", "Bye")], provider.Requests[1].History);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Conversation_Unknown_IsA404(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");

        var call = await AdapterCall.OfAsync(provider.OpenAIResponses(), streaming, new() { ConversationId = "conv_of_another" });

        Assert.Equal(404, Assert.IsType<ClientResultException>(call.Exception).Status);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NotStored_HasNoConversation(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");

        var call = await AdapterCall.OfAsync(provider.OpenAIResponses(stateless: true), streaming);

        Assert.Null(call.ConversationId);
        Assert.False(provider.Requests[0].Store);
    }

    [Fact]
    public async Task ToolResult_WithoutItsCall_IsRefused()
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");

        var call = await AdapterCall.OfAsync(
            provider.OpenAIResponses(),
            streaming: false,
            [new(ChatRole.User, "Hi"), new(ChatRole.Tool, [new FunctionResultContent("call_1", "sunny")])]);

        Assert.Equal(400, Assert.IsType<ClientResultException>(call.Exception).Status);
        Assert.Contains("No tool call found", Assert.Single(provider.Refusals), StringComparison.Ordinal);
    }
}
