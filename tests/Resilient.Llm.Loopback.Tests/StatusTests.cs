using System.ClientModel;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

public class StatusTests
{
    public static TheoryData<int> Statuses => [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529];

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Status_OnAnthropic_IsAnApiExceptionWithStatusAndBody(int status)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Status(status));
        foreach (var streaming in new[] { false, true })
        {
            var seen = await Observation.OfAsync(provider, WireProtocol.Anthropic, streaming);

            var exception = Assert.IsAssignableFrom<AnthropicApiException>(seen.Exception);
            Assert.Equal(status, (int)exception.StatusCode);
            Assert.Contains("\"type\":\"error\"", exception.ResponseBody, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task Status_OnOpenAI_IsAClientResultException(int status)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Status(status));
        foreach (var streaming in new[] { false, true })
        {
            var seen = await Observation.OfAsync(provider, WireProtocol.OpenAI, streaming);

            Assert.Equal(status, Assert.IsType<ClientResultException>(seen.Exception).Status);
        }
    }

    [Fact]
    public async Task RateLimited_OnOpenAI_ShowsRetryAfterInTheRawHeaders()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.RateLimited(TimeSpan.FromSeconds(1.5)));

        var seen = await Observation.OfAsync(provider, WireProtocol.OpenAI, streaming: false);

        var headers = Assert.IsType<ClientResultException>(seen.Exception).GetRawResponse()!.Headers;
        Assert.True(headers.TryGetValue("retry-after", out var seconds));
        Assert.True(headers.TryGetValue("retry-after-ms", out var milliseconds));
        Assert.Equal(("2", "1500"), (seconds, milliseconds));
    }

    [Fact]
    public async Task RateLimited_OnAnthropic_SendsRetryAfterThatOnlyAHandlerCanSee()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.RateLimited(TimeSpan.FromSeconds(7)));
        using var spy = new RetryAfterSpy();
        using var http = new HttpClient(spy);
        var client = provider.CreateAnthropicClient(httpClient: http);

        await Assert.ThrowsAsync<AnthropicRateLimitException>(() => client.GetResponseAsync("Hi"));

        Assert.Equal(TimeSpan.FromSeconds(7), spy.RetryAfter);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ContextTooLong_IsA400ToldApartByItsBody(WireProtocol protocol, bool streaming) =>
        await AssertRefusedAsync(
            Script.ContextTooLong(), protocol, streaming, (400, "prompt is too long"), (400, "context_length_exceeded"));

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task QuotaExhausted_IsA400OnAnthropicAndA429OnOpenAI(WireProtocol protocol, bool streaming) =>
        await AssertRefusedAsync(
            Script.QuotaExhausted(), protocol, streaming, (400, "credit balance is too low"), (429, "insufficient_quota"));

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task ContentFilter_IsA400ToldApartByItsBody(WireProtocol protocol, bool streaming) =>
        await AssertRefusedAsync(Script.ContentFilter(), protocol, streaming, (400, "content filtering policy"), (400, "content_filter"));

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Status_WithABodyOfAProxy_KeepsStatusAndBody(WireProtocol protocol, bool streaming) =>
        await AssertRefusedAsync(
            Script.Status(502, body: "<html>Bad gateway</html>"), protocol, streaming, (502, "<html>Bad"), (502, "<html>Bad"));

    private static async Task AssertRefusedAsync(
        Script script, WireProtocol protocol, bool streaming, (int Status, string Words) anthropic, (int Status, string Words) openAI)
    {
        await using var provider = await LoopbackProvider.StartAsync(script);

        var seen = await Observation.OfAsync(provider, protocol, streaming);

        if (protocol == WireProtocol.Anthropic)
        {
            var exception = Assert.IsAssignableFrom<AnthropicApiException>(seen.Exception);
            Assert.Equal(anthropic.Status, (int)exception.StatusCode);
            Assert.Contains(anthropic.Words, exception.ResponseBody, StringComparison.Ordinal);
        }
        else
        {
            var exception = Assert.IsType<ClientResultException>(seen.Exception);
            Assert.Equal(openAI.Status, exception.Status);
            Assert.Contains(openAI.Words, exception.GetRawResponse()!.Content.ToString(), StringComparison.Ordinal);
        }
    }

    private sealed class RetryAfterSpy() : DelegatingHandler(new SocketsHttpHandler())
    {
        public TimeSpan? RetryAfter { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            RetryAfter = response.Headers.RetryAfter?.Delta;
            return response;
        }
    }
}
