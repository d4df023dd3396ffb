using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Thinking belongs to the provider that signed it.</summary>
public class AnthropicThinkingTests
{
    public static TheoryData<bool> Ways => [false, true];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task OwnThinking_ComesBack_IsAccepted(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Turns.Call);
        var history = await Turns.CallAsync(provider.Anthropic(), streaming);
        provider.Behavior = Script.Answer("Sunny.");

        var answer = await AdapterCall.OfAsync(provider.Anthropic(), streaming, history, Turns.Options);

        Assert.Null(answer.Exception);
        var request = provider.Requests[^1];
        Assert.True(request.WantsReasoning);
        Assert.Equal("Let me think.", Assert.Single(request.Reasoning).Text);
        Assert.Equal("lookup", Assert.Single(request.ToolCalls).Name);
        Assert.Equal("sunny", Assert.Single(request.ToolResults).Text);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ForeignThinking_IsRefused(bool streaming)
    {
        await using var author = await LoopbackProvider.StartAsync(Turns.Call);
        await using var other = await LoopbackProvider.StartAsync("Sunny.");
        var history = await Turns.CallAsync(author.Anthropic(), streaming);

        var answer = await AdapterCall.OfAsync(other.Anthropic(), streaming, history, Turns.Options);

        Assert.IsType<AnthropicBadRequestException>(answer.Exception);
        Assert.Contains("Invalid `signature`", Assert.Single(other.Refusals), StringComparison.Ordinal);
    }

    /// <summary>The adapter sends reasoning of another kind of provider as thinking with an empty signature.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task UnsignedThinking_IsSentWithAnEmptySignatureAndRefused(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Sunny.");

        var answer = await AdapterCall.OfAsync(
            provider.Anthropic(),
            streaming,
            [
                new(ChatRole.User, "Hi"),
                new(ChatRole.Assistant, [new TextReasoningContent("Hm."), new TextContent("Hello.")]),
                new(ChatRole.User, "Bye"),
            ]);

        Assert.IsType<AnthropicBadRequestException>(answer.Exception);
        Assert.Equal(("Hm.", ""), (Assert.Single(provider.Requests[0].Reasoning).Text, provider.Requests[0].Reasoning[0].Proof));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task OpenToolTurn_WithoutItsThinking_IsRefusedOnlyWhenThinkingIsOn(bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Turns.Call);
        var history = (await Turns.CallAsync(provider.Anthropic(), streaming)).WithoutReasoning();
        provider.Behavior = Script.Answer("Sunny.");

        var thinking = await AdapterCall.OfAsync(provider.Anthropic(), streaming, history, Turns.Options);
        var calm = await AdapterCall.OfAsync(provider.Anthropic(), streaming, history, new() { Tools = Turns.Options.Tools });

        Assert.IsType<AnthropicBadRequestException>(thinking.Exception);
        Assert.Contains("must start with a thinking block", Assert.Single(provider.Refusals), StringComparison.Ordinal);
        Assert.Null(calm.Exception);
    }
}
