using System.ClientModel;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Reasoning on the Responses API: kept by the provider, or encrypted and sent along.</summary>
public class ResponsesReasoningTests
{
    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stateless_OwnReasoning_ComesBackAndIsAccepted(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Turns.Call);
        var client = provider.OpenAIResponses(stateless: true);
        var history = await Turns.CallAsync(client, streaming);
        provider.Behavior = Script.Answer("Sunny.");

        var answer = await AdapterCall.OfAsync(client, streaming, history, Turns.Options);

        Assert.Null(answer.Exception);
        Assert.Null(answer.ConversationId);
        var request = provider.Requests[^1];
        Assert.False(request.Store);
        Assert.NotEmpty(Assert.Single(request.Reasoning, static reasoning => reasoning.Proof.Length > 0).ItemId);
        Assert.Equal("sunny", Assert.Single(request.ToolResults).Text);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stateless_ForeignReasoning_IsRefused(bool streaming)
    {
        await using var author = await LoopbackProvider.StartAsync(Turns.Call);
        await using var other = await LoopbackProvider.StartAsync("Sunny.");
        var history = await Turns.CallAsync(author.OpenAIResponses(stateless: true), streaming);

        var answer = await AdapterCall.OfAsync(other.OpenAIResponses(stateless: true), streaming, history, Turns.Options);

        Assert.Equal(400, Assert.IsType<ClientResultException>(answer.Exception).Status);
        Assert.Contains("invalid_encrypted_content", Assert.Single(other.Refusals), StringComparison.Ordinal);
    }

    /// <summary>
    /// A plain answer's call is replayed with its id, which ties it to its reasoning; a streamed call is made anew, without one.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ToolCall_WithoutItsReasoning_IsRefusedWhenItsIdIsSent(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Turns.Call);
        var client = provider.OpenAIResponses(stateless: true);
        var history = (await Turns.CallAsync(client, streaming)).WithoutReasoning();
        provider.Behavior = Script.Answer("Sunny.");

        var answer = await AdapterCall.OfAsync(client, streaming, history, Turns.Options);

        Assert.Equal(streaming ? 0 : 1, provider.Requests[^1].ItemIds.Count);
        if (streaming)
        {
            Assert.Null(answer.Exception);
        }
        else
        {
            Assert.Equal(400, Assert.IsType<ClientResultException>(answer.Exception).Status);
            Assert.Contains("without its required 'reasoning' item", Assert.Single(provider.Refusals), StringComparison.Ordinal);
        }
    }

    /// <summary>Nothing is stored and nothing was encrypted: the reasoning that the adapter sends back is known by its id alone.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task NotStoredNorEncrypted_ReasoningComesBack_IsNotFound(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Turns.Call);
        var options = Turns.Options.Clone();
#pragma warning disable OPENAI001
        options.RawRepresentationFactory = static _ => new OpenAI.Responses.CreateResponseOptions { StoredOutputEnabled = false };
#pragma warning restore OPENAI001
        var client = provider.OpenAIResponses();
        var history = await Turns.CallAsync(client, streaming, options);
        provider.Behavior = Script.Answer("Sunny.");

        var answer = await AdapterCall.OfAsync(client, streaming, history, options);

        Assert.NotNull(answer.Exception);
        Assert.Contains("not found", Assert.Single(provider.Refusals), StringComparison.Ordinal);
    }

    /// <summary>
    /// A caller that keeps the history and drops the conversation id sends ids that a storing provider knows.
    /// </summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Stored_WholeHistoryComesBack_IsAcceptedByItsAuthorOnly(bool streaming)
    {
        await using var author = await LoopbackProvider.StartAsync(Turns.Call);
        await using var other = await LoopbackProvider.StartAsync("Sunny.");
        var history = await Turns.CallAsync(author.OpenAIResponses(), streaming);
        author.Behavior = Script.Answer("Sunny.");

        var own = await AdapterCall.OfAsync(author.OpenAIResponses(), streaming, history, Turns.Options);
        var foreign = await AdapterCall.OfAsync(other.OpenAIResponses(), streaming, history, Turns.Options);

        Assert.Equal(("ok", 0), (own.Exception?.Message ?? "ok", author.Refusals.Count));
        Assert.Equal(404, Assert.IsType<ClientResultException>(foreign.Exception).Status);
    }
}
