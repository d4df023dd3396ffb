using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Faults at places that are not among the contents, and faults that do no harm.</summary>
public class StreamPlaceTests
{
    private const string Words = "One two three.";

    private static readonly Script s_call = Script.ToolCall("lookup", """{"city":"Paris"}""");

    /// <summary>
    /// Anthropic's SDK hands a call over when its block ends. OpenAI's adapters wait for the end of the stream, so that a call which the caller
    /// has seen cannot be followed by a broken connection.
    /// </summary>
    [Theory]
    [InlineData(ScriptFault.Cut)]
    [InlineData(ScriptFault.Reset)]
    [InlineData(ScriptFault.Malformed)]
    [InlineData(ScriptFault.HalfCharacter)]
    public async Task WholeToolCall_ThenBreak_IsShownByAnthropicOnly(ScriptFault fault)
    {
        var script = s_call with { Fault = fault, Place = ScriptPlace.AfterToolCall };

        var anthropic = await StreamAsync(WireProtocol.Anthropic, script);
        var openAI = await StreamAsync(WireProtocol.OpenAI, script);

        Assert.Equal("Paris", Assert.Single(anthropic.Contents.OfType<FunctionCallContent>()).Arguments!["city"]!.ToString());
        Assert.Empty(openAI.Contents.OfType<FunctionCallContent>());
        Assert.NotNull(anthropic.Exception);
        Assert.NotNull(openAI.Exception);
        Assert.Equal((null, null), (anthropic.FinishReason, openAI.FinishReason));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task WholeToolCall_ThenCleanEnd_IsShownWithoutFinishReason(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, s_call with { Fault = ScriptFault.CleanEnd, Place = ScriptPlace.AfterToolCall });

        Assert.Null(Assert.Single(seen.Contents.OfType<FunctionCallContent>()).Exception);
        Assert.Equal((null, null), (seen.FinishReason, seen.Exception));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task FinishReason_ThenCut_FinishReasonIsShownBeforeTheException(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, Script.Answer(Words) with { Fault = ScriptFault.Cut, Place = ScriptPlace.AfterFinish });

        Assert.Equal((Words, ChatFinishReason.Stop), (seen.Text, seen.FinishReason));
        Assert.IsType<HttpIOException>(seen.Exception);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task HalfCharacter_IsHttpIOExceptionAndNothingOfIt(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, Script.Answer(Words) with { Fault = ScriptFault.HalfCharacter, AfterContents = 2 });

        Assert.Equal("One two", seen.Text);
        Assert.IsType<HttpIOException>(seen.Exception);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task NoEvents_LookLikeACleanEnd(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, Script.Answer(Words) with { Fault = ScriptFault.NoEvents, AfterContents = 2 });

        Assert.Equal(("One two", null, null), (seen.Text, seen.FinishReason, seen.Exception));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task UnknownEventAndRepeatedFinishReason_DoNoHarm(WireProtocol protocol)
    {
        var answer = Script.Answer(Words);
        foreach (var script in new[]
        {
            answer with { Fault = ScriptFault.UnknownEvent },
            answer with { Fault = ScriptFault.UnknownEvent, AfterContents = 2 },
            answer with { Fault = ScriptFault.Repeat, Place = ScriptPlace.AfterFinish },
        })
        {
            var seen = await StreamAsync(protocol, script);

            Assert.Equal((Words, ChatFinishReason.Stop, null), (seen.Text, seen.FinishReason, seen.Exception));
        }
    }

    [Theory]
    [InlineData(429, ScriptError.Generic, "rate_limit_error")]
    [InlineData(500, ScriptError.Generic, "api_error")]
    [InlineData(429, ScriptError.QuotaExhausted, "Your credit balance is too low")]
    public async Task ErrorEvent_WithStatus_CarriesTheErrorOfThatStatus(int status, ScriptError error, string words)
    {
        var seen = await StreamAsync(WireProtocol.Anthropic, Script.ErrorEventAfter(2, Words) with { ErrorStatus = status, Error = error });

        Assert.Contains(words, Assert.IsType<AnthropicSseException>(seen.Exception).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Request_MessagesAndLimit_CanBeRead(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync();

        await protocol.ClientOf(provider).GetResponseAsync(
            [new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello"), new(ChatRole.User, "Bye")], new() { MaxOutputTokens = 7 }).Soon();

        var request = Assert.Single(provider.Requests);
        Assert.Equal([("user", "Hi"), ("assistant", "Hello"), ("user", "Bye")], request.Messages);
        Assert.Equal(("Bye", 7), (request.LastText, request.MaxTokens));
    }

    private static async Task<Observation> StreamAsync(WireProtocol protocol, Script script)
    {
        await using var provider = await LoopbackProvider.StartAsync(script);
        return await Observation.OfAsync(provider, protocol, streaming: true);
    }
}
