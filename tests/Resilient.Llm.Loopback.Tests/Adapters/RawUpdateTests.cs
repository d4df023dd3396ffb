using Anthropic.Exceptions;
using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>What an adapter does not show, but keeps where it can be read.</summary>
public class RawUpdateTests
{
    public static TheoryData<WireProtocol> ChatCompletions => [WireProtocol.OpenAI, WireProtocol.Azure];

    [Theory]
    [MemberData(nameof(ChatCompletions))]
    public async Task Refusal_StreamedByChatCompletions_IsInTheRawUpdates(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Refusal("I cannot help."));

        var updates = await ReadAsync(provider.CreateClient(protocol));

        Assert.Empty(updates.SelectMany(static update => update.Contents).OfType<ErrorContent>());
        var raw = updates.Select(static update => update.RawRepresentation).OfType<StreamingChatCompletionUpdate>();
        Assert.Equal("I cannot help.", string.Concat(raw.Select(static update => update.RefusalUpdate)));
    }

    [Theory]
    [MemberData(nameof(ChatCompletions))]
    public async Task ErrorEvent_OfChatCompletions_IsInThePatchOfTheRawUpdate(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(
            Script.ErrorEventAfter(1, "One two") with { ErrorStatus = 429, Error = ScriptError.RequestTooLarge });

        var updates = await ReadAsync(provider.CreateClient(protocol));

        Assert.Empty(updates[^1].Contents);
        var raw = Assert.IsType<StreamingChatCompletionUpdate>(updates[^1].RawRepresentation);
#pragma warning disable SCME0001 // The patch is still marked experimental.
        Assert.True(raw.Patch.TryGetValue("$.error.code"u8, out string? code));
#pragma warning restore SCME0001
        Assert.Equal("rate_limit_exceeded", code);
    }

    /// <summary>No status, but a type: what a rate limit or an overload inside a stream can be told by.</summary>
    [Theory]
    [InlineData(429, "rate_limit_error")]
    [InlineData(529, "overloaded_error")]
    public async Task ErrorEvent_OfAnthropic_HasAType(int status, string type)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ErrorEventAfter(1, "One two") with { ErrorStatus = status });

        var call = await AdapterCall.OfAsync(provider.Anthropic(), streaming: true);

        Assert.Equal(type, Assert.IsType<AnthropicSseException>(call.Exception).Type?.Raw());
    }

    /// <summary>The words of the error are lost: what is left is an update with a role of its own and without anything.</summary>
    [Fact]
    public async Task ErrorLine_OfOllama_IsAnUpdateOfAnUnknownRole()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ErrorEventAfter(1, "One two"));

        var updates = await ReadAsync(provider.Ollama());

        Assert.Equal(["assistant", "unknown"], updates.Select(static update => update.Role?.Value));
        var raw = Assert.IsType<OllamaSharp.Models.Chat.ChatResponseStream>(updates[^1].RawRepresentation);
        Assert.Equal((null, false), (raw.Message, raw.Done));
    }

    [Fact]
    public async Task Answer_OfOllama_HasDurationsAmongItsProperties()
    {
        await using var provider = await LoopbackProvider.StartAsync("One two");

        var call = await AdapterCall.OfAsync(provider.Ollama(), streaming: false);

        Assert.Equal(TimeSpan.FromSeconds(1), call.AdditionalProperties!["total_duration"]);
    }

    private static async Task<List<ChatResponseUpdate>> ReadAsync(IChatClient client)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in client.GetStreamingResponseAsync("Hi"))
        {
            updates.Add(update);
        }

        return updates;
    }
}
