using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Exceptions;
using Microsoft.Extensions.AI;
using OpenAI;
using Resilient.Llm.Failures;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>The exceptions of the real SDKs, thrown by the SDKs themselves over a stubbed HTTP handler.</summary>
public sealed class SdkFailureTests
{
    [Theory]
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""", FailureKind.ContextTooLong)]
    [InlineData(400, """{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", FailureKind.ContentFiltered)]
    [InlineData(400, """{"error":{"message":"Invalid value for 'messages'.","type":"invalid_request_error","param":null,"code":null}}""", FailureKind.InvalidRequest)]
    [InlineData(401, """{"error":{"message":"Incorrect API key provided.","type":"invalid_request_error","code":"invalid_api_key"}}""", FailureKind.Unauthorized)]
    [InlineData(404, """{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}""", FailureKind.ModelUnavailable)]
    [InlineData(409, """{"error":{"message":"Invalid value for 'messages'.","type":"invalid_request_error","code":null}}""", FailureKind.ServerError)]
    [InlineData(413, """{"error":{"message":"Too large.","type":"invalid_request_error","code":null}}""", FailureKind.ContextTooLong)]
    [InlineData(429, """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""", FailureKind.QuotaExhausted)]
    [InlineData(429, """{"error":{"message":"Rate limit reached.","type":"requests","param":null,"code":"rate_limit_exceeded"}}""", FailureKind.RateLimited)]
    [InlineData(429, "", FailureKind.RateLimited)]
    [InlineData(502, "<html>Bad gateway</html>", FailureKind.ServerError)]
    [InlineData(529, """{"error":{"message":"overloaded","type":"server_error","code":null}}""", FailureKind.ServerError)]
    public async Task Classify_OpenAIStatus_IsTheKindOfTheTable(int status, string body, FailureKind kind)
    {
        var exception = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(new StubHandler(status, body)));

        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(exception).Kind);
    }

    [Theory]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}""", FailureKind.QuotaExhausted)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}""", FailureKind.ContextTooLong)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}""", FailureKind.ContentFiltered)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"}}""", FailureKind.InvalidRequest)]
    [InlineData(401, """{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}""", FailureKind.Unauthorized)]
    [InlineData(404, """{"type":"error","error":{"type":"not_found_error","message":"model: x"}}""", FailureKind.ModelUnavailable)]
    [InlineData(413, """{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}""", FailureKind.ContextTooLong)]
    [InlineData(429, """{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit."}}""", FailureKind.RateLimited)]
    [InlineData(429, """{"type":"error","error":{"type":"rate_limit_error","message":"Limit.","details":{"error_code":"enforced_spend_limit_reached"}}}""", FailureKind.QuotaExhausted)]
    [InlineData(500, """{"type":"error","error":{"type":"api_error","message":"Internal server error"}}""", FailureKind.ServerError)]
    [InlineData(504, """{"type":"error","error":{"type":"timeout_error","message":"The request timed out."}}""", FailureKind.ServerError)]
    [InlineData(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", FailureKind.ServerError)]
    [InlineData(502, "<html>Bad gateway</html>", FailureKind.ServerError)]
    [InlineData(200, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""", FailureKind.InvalidResponse)]
    [InlineData(200, "<html>hello</html>", FailureKind.InvalidResponse)]
    public async Task Classify_AnthropicStatus_IsTheKindOfTheTable(int status, string body, FailureKind kind)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => AnthropicCall(new StubHandler(status, body)));

        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(exception).Kind);
    }

    [Fact]
    public async Task Classify_AnthropicErrorEventInsideAStream_IsWhatTheEventSays()
    {
        const string Events = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
        using var client = AnthropicClient(new StubHandler(200, Events)).AsIChatClient("m");

        var exception = await Assert.ThrowsAsync<AnthropicSseException>(async () => await client.GetStreamingResponseAsync("Hi").ToListAsync());

        Assert.Equal(FailureKind.ServerError, ChatFailureClassifier.Default.Classify(exception).Kind);
    }

    [Fact]
    public async Task Classify_NoAnswerAtAll_IsNetworkForBothSdks()
    {
        var refused = StubHandler.Throwing(new HttpRequestException(HttpRequestError.ConnectionError));

        var openAI = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(refused));
        var retried = await Assert.ThrowsAsync<AggregateException>(() => OpenAICall(refused, retries: 2));
        var anthropic = await Assert.ThrowsAsync<AnthropicIOException>(() => AnthropicCall(refused));

        Assert.All<Exception>([openAI, retried, anthropic], static e => Assert.Equal(FailureKind.Network, ChatFailureClassifier.Default.Classify(e).Kind));
    }

    [Fact]
    public async Task Classify_OpenAIWithRetryAfterHeader_TellsTheWait()
    {
        var seconds = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(new StubHandler(429, "{}", null, ("Retry-After", "7"))));
        var milliseconds = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(new StubHandler(503, "{}", null, ("retry-after-ms", "1500"), ("Retry-After", "9"))));
        var date = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(new StubHandler(429, "{}", null, ("Retry-After", "Thu, 01 Jan 2026 00:00:30 GMT"))));
        var repeated = await Assert.ThrowsAsync<ClientResultException>(() => OpenAICall(new StubHandler(502, "{}", null, ("Retry-After", "soon"), ("Retry-After", "7"))));
        var classifier = new ChatFailureClassifier(null, new ManualTimeProvider());

        Assert.Equal(TimeSpan.FromSeconds(7), classifier.Classify(repeated).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(7), classifier.Classify(seconds).RetryAfter);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), classifier.Classify(milliseconds).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(30), classifier.Classify(date).RetryAfter);
    }

    [Fact]
    public async Task Classify_AnthropicWithRetryAfterHandler_TellsTheWait()
    {
        using var handler = new RetryAfterHandler(new StubHandler(429, "{}", null, ("Retry-After", "7")));
        var box = RetryAfterScope.NewBox();
        Task call;
        using (RetryAfterScope.Enter(box))
        {
            call = AnthropicCall(handler);
        }

        var exception = await Assert.ThrowsAsync<AnthropicRateLimitException>(() => call);
        RetryAfterScope.Attach(box, exception);

        Assert.Equal(new(FailureKind.RateLimited, TimeSpan.FromSeconds(7), exception), ChatFailureClassifier.Default.Classify(exception));
    }

    private static async Task OpenAICall(HttpMessageHandler handler, int retries = 0)
    {
        var options = new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(new HttpClient(handler)),
            RetryPolicy = new NoWait(retries),
        };
        await new OpenAIClient(new ApiKeyCredential("key"), options).GetChatClient("m").CompleteChatAsync("Hi");
    }

    private static async Task AnthropicCall(HttpMessageHandler handler)
    {
        using var client = AnthropicClient(handler).AsIChatClient("m");
        await client.GetResponseAsync("Hi");
    }

    private static AnthropicClient AnthropicClient(HttpMessageHandler handler) => new() { ApiKey = "key", HttpClient = new HttpClient(handler), MaxRetries = 0 };

    private sealed class NoWait(int retries) : ClientRetryPolicy(retries)
    {
        protected override TimeSpan GetNextDelay(PipelineMessage message, int tryCount) => TimeSpan.Zero;
    }
}
