using System.Text.Json;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

public class BadStreamTests
{
    private const string Words = "One two three.";

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "One two")]
    [InlineData(99, Words)]
    public async Task ErrorEvent_OnAnthropic_IsSseExceptionWithoutStatus(int contents, string text)
    {
        var seen = await StreamAsync(WireProtocol.Anthropic, Script.ErrorEventAfter(contents, Words));

        Assert.Equal(text, seen.Text);
        Assert.Contains("overloaded_error", Assert.IsType<AnthropicSseException>(seen.Exception).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "One two")]
    public async Task ErrorEvent_OnOpenAI_IsSwallowedAndTheStreamEndsCleanly(int contents, string text)
    {
        var seen = await StreamAsync(WireProtocol.OpenAI, Script.ErrorEventAfter(contents, Words));

        Assert.Equal((text, null, null), (seen.Text, seen.FinishReason, seen.Exception));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task MalformedChunk_HasAJsonExceptionInside(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, Script.MalformedChunkAfter(2, Words));

        Assert.Equal("One two", seen.Text);
        if (protocol == WireProtocol.Anthropic)
        {
            Assert.IsAssignableFrom<JsonException>(Assert.IsType<AnthropicInvalidDataException>(seen.Exception).GetBaseException());
        }
        else
        {
            Assert.IsAssignableFrom<JsonException>(seen.Exception);
        }
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task End_WithoutFinishReason_LooksCleanToTheSdk(WireProtocol protocol)
    {
        foreach (var script in new[] { Script.EndAfter(2, Words), Script.MissingFinishReason("One two"), Script.EndAfter(99, "One two") })
        {
            var seen = await StreamAsync(protocol, script);

            Assert.Equal(("One two", null, null), (seen.Text, seen.FinishReason, seen.Exception));
        }
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task NoEventsAtAll_IsAStreamOfNothing(WireProtocol protocol)
    {
        foreach (var body in new[] { "", "<html>Please log in</html>" })
        {
            var seen = await StreamAsync(protocol, Script.Status(200, body: body));

            Assert.Equal((0, null, null), (seen.Updates, seen.FinishReason, seen.Exception));
        }
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task ToolCall_Cut_IsNeverShown(WireProtocol protocol)
    {
        var script = Script.ToolCall("lookup", """{"city":"Paris"}""") with { Fault = ScriptFault.Cut, AfterContents = 2 };

        var seen = await StreamAsync(protocol, script);

        Assert.IsType<HttpIOException>(seen.Exception);
        Assert.Empty(seen.Contents.OfType<FunctionCallContent>());
    }

    [Fact]
    public async Task ToolCall_EndedEarlyOnOpenAI_IsShownBroken()
    {
        var script = Script.ToolCall("lookup", """{"city":"Paris"}""") with { Fault = ScriptFault.CleanEnd, AfterContents = 2 };

        var seen = await StreamAsync(WireProtocol.OpenAI, script);

        var call = Assert.Single(seen.Contents.OfType<FunctionCallContent>());
        Assert.NotNull(call.Exception);
        Assert.Null(call.Arguments);
        Assert.Null(seen.FinishReason);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Reasoning_ThenCut_ShowsReasoningAndNoText(WireProtocol protocol)
    {
        var seen = await StreamAsync(protocol, Script.CutAfter(0) with { ReasoningText = "Let me think." });

        Assert.IsType<HttpIOException>(seen.Exception);
        Assert.Equal(("Let me think.", ""), (seen.Reasoning, seen.Text));
    }

    private static async Task<Observation> StreamAsync(WireProtocol protocol, Script script)
    {
        await using var provider = await LoopbackProvider.StartAsync(script);
        return await Observation.OfAsync(provider, protocol, streaming: true);
    }
}
