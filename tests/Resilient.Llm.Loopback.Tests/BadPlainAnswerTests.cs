using System.Text.Json;
using Anthropic.Exceptions;

namespace Resilient.Llm.Loopback.Tests;

public class BadPlainAnswerTests
{
    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task BrokenJson_IsJsonException(WireProtocol protocol)
    {
        Script[] scripts =
        [
            Script.MalformedChunkAfter(1),
            Script.EndAfter(0),
            Script.EndAfter(1),
            Script.Status(200, body: ""),
            Script.Status(200, body: "<html/>"),
        ];
        foreach (var script in scripts)
        {
            Assert.IsAssignableFrom<JsonException>((await PlainAsync(protocol, script)).Exception);
        }
    }

    [Fact]
    public async Task ErrorBodyWith200_OnAnthropic_IsInvalidData() =>
        Assert.IsType<AnthropicInvalidDataException>((await PlainAsync(WireProtocol.Anthropic, Script.ErrorEventAfter(0))).Exception);

    /// <summary>It looks like a caller's bug and is the provider's.</summary>
    [Fact]
    public async Task ErrorBodyWith200_OnOpenAI_IsArgumentOutOfRange() =>
        Assert.IsType<ArgumentOutOfRangeException>((await PlainAsync(WireProtocol.OpenAI, Script.ErrorEventAfter(0))).Exception);

    [Fact]
    public async Task MissingFinishReason_OnAnthropic_IsNull()
    {
        var seen = await PlainAsync(WireProtocol.Anthropic, Script.MissingFinishReason("Text."));

        Assert.Equal(("Text.", null, null), (seen.Text, seen.FinishReason, seen.Exception));
    }

    [Fact]
    public async Task MissingFinishReason_OnOpenAI_IsArgumentOutOfRange() =>
        Assert.IsType<ArgumentOutOfRangeException>((await PlainAsync(WireProtocol.OpenAI, Script.MissingFinishReason())).Exception);

    private static async Task<Observation> PlainAsync(WireProtocol protocol, Script script)
    {
        await using var provider = await LoopbackProvider.StartAsync(script);
        return await Observation.OfAsync(provider, protocol, streaming: false);
    }
}
