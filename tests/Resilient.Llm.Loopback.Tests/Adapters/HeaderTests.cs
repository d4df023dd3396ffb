using System.ClientModel;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>Headers of refusals, and how often the SDKs ask when they are left as they come.</summary>
public class HeaderTests
{
    public static TheoryData<WireProtocol, int> Defaults => new()
    {
        { WireProtocol.Anthropic, 3 },
        { WireProtocol.OpenAI, 4 },
        { WireProtocol.Responses, 4 },
        { WireProtocol.Ollama, 1 },
        { WireProtocol.Azure, 4 },
    };

    public static TheoryData<WireProtocol> WithHeaders => [WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Azure];

    [Theory]
    [MemberData(nameof(WithHeaders))]
    public async Task RetryAfter_OfOpenAIAndAzure_IsInTheRawResponse(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.RateLimited(TimeSpan.FromSeconds(2.5)));

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: false);

        var headers = Assert.IsType<ClientResultException>(call.Exception).GetRawResponse()!.Headers;
        Assert.True(headers.TryGetValue("retry-after", out var seconds));
        Assert.True(headers.TryGetValue("retry-after-ms", out var milliseconds));
        Assert.Equal(("3", "2500"), (seconds, milliseconds));
        Assert.Equal(protocol == WireProtocol.Azure, headers.TryGetValue("x-ms-retry-after-ms", out _));
    }

    /// <summary>Read as one value, the repeated header is no number.</summary>
    [Theory]
    [MemberData(nameof(WithHeaders))]
    public async Task RetryAfter_Repeated_IsJoinedUnlessItIsReadAsAList(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(
            Script.Status(429) with { Headers = [("Retry-After", "soon"), ("Retry-After", "7")] });

        var call = await AdapterCall.OfAsync(provider.CreateClient(protocol), streaming: false);

        var headers = Assert.IsType<ClientResultException>(call.Exception).GetRawResponse()!.Headers;
        Assert.True(headers.TryGetValue("Retry-After", out var joined));
        Assert.True(headers.TryGetValues("Retry-After", out var values));
        Assert.Equal("soon,7", joined);
        Assert.Equal(["soon", "7"], values);
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task Sdk_AtItsDefaults_AsksThatOften(WireProtocol protocol, int calls)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ServerError());
        using var client = provider.CreateClient(protocol, sdkDefaults: true);

        await Assert.ThrowsAnyAsync<Exception>(() => client.GetResponseAsync("Hi")).Soon();

        Assert.Equal(calls, provider.Calls);
    }

    /// <summary>Azure names its own gateway's refusals by a status or a word; a filtered prompt has an inner error.</summary>
    [Fact]
    public async Task ContentFilter_OfAzure_HasAnInnerError()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ContentFilter());

        var call = await AdapterCall.OfAsync(provider.Azure(), streaming: true);

        var body = Assert.IsType<ClientResultException>(call.Exception).GetRawResponse()!.Content.ToString();
        Assert.Contains("ResponsibleAIPolicyViolation", body, StringComparison.Ordinal);
    }
}
