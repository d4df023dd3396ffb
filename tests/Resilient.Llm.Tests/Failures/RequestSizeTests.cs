using System.Text.Json;
using Resilient.Llm.Failures;

namespace Resilient.Llm.Tests;

/// <summary>Requests that are too large, in the words of many servers.</summary>
public sealed class RequestSizeTests
{
    public static TheoryData<string, int, string> TooLarge => Rows([.. SizeMessages.TooLarge, .. SizeMessages.TooLargeHeldOut]);

    public static TheoryData<string, int, string> Otherwise => Rows(SizeMessages.Otherwise);

    [Theory]
    [MemberData(nameof(TooLarge))]
    public void Classify_TooLarge_IsContextTooLong(string provider, int status, string message)
    {
        _ = provider;
        Assert.Equal(FailureKind.ContextTooLong, KindOf(status, message));
        Assert.Equal(FailureKind.ContextTooLong, KindOf(status, message, "invalid_request_error"));
        Assert.Equal(FailureKind.ContextTooLong, ProviderError.KindOf(null, message));
    }

    [Theory]
    [MemberData(nameof(Otherwise))]
    public void Classify_OtherLimit_IsNotContextTooLong(string provider, int status, string message)
    {
        _ = provider;
        Assert.NotEqual(FailureKind.ContextTooLong, KindOf(status, message));
        Assert.NotEqual(FailureKind.ContextTooLong, ProviderError.KindOf("rate_limit_exceeded", message));
    }

    /// <summary>A request that exceeds a minute's tokens by itself comes with a rate limit's status and code; waiting does not help.</summary>
    [Theory]
    [InlineData(429, "rate_limit_exceeded", "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45213.", FailureKind.ContextTooLong)]
    [InlineData(413, "rate_limit_exceeded", "Request too large for model on tokens per minute (TPM): Limit 6000, Requested 7145.", FailureKind.ContextTooLong)]
    [InlineData(413, "rate_limit_exceeded", "Too much.", FailureKind.ContextTooLong)]
    [InlineData(413, null, "", FailureKind.ContextTooLong)]
    [InlineData(413, "tokens_limit_reached", "Request body too large for gpt-4o model. Max size: 8000 tokens.", FailureKind.ContextTooLong)]
    [InlineData(429, "rate_limit_exceeded", "Your input is too long for one minute.", FailureKind.ContextTooLong)]
    [InlineData(429, "rate_limit_exceeded", "Rate limit reached on tokens per min (TPM): Limit 30000, Used 25000, Requested 8000.", FailureKind.RateLimited)]
    [InlineData(429, "insufficient_quota", "Request too large for your plan.", FailureKind.QuotaExhausted)]
    [InlineData(400, "context_exceeded", "x", FailureKind.ContextTooLong)]
    [InlineData(400, "max_context_length_exceeded", "x", FailureKind.ContextTooLong)]
    [InlineData(400, "prompt_too_large", "x", FailureKind.ContextTooLong)]
    [InlineData(400, "max_tokens_exceeded", "x", FailureKind.InvalidRequest)]
    [InlineData(400, "image_too_large", "x", FailureKind.InvalidRequest)]
    [InlineData(500, "context_length_exceeded", "x", FailureKind.ServerError)]
    public void Classify_StatusAndCode_AreOutweighedByTheWords(int status, string? code, string message, FailureKind kind) =>
        Assert.Equal(kind, KindOf(status, message, code));

    [Fact]
    public void IsToBlame_RandomSentencesOfTheKind_Are()
    {
        var random = new Random(20261129);
        for (var round = 0; round < 2_000; round++)
        {
            var sentence = $"{Pick("", "Invalid request: ", "Error: ", "invalid params, ", "Oops. ")}"
                + $"{Pick("The prompt", "Your input", "Input length", "The request", "Prompt token count", "The number of input tokens", "Your conversation")} "
                + $"{Pick("", $"({Number()} tokens) ", $"of {Number()} ")}"
                + $"{Pick("exceeds", "has exceeded", "would exceed", "exceeding", "overflows", "is longer than", "is larger than")} "
                + $"{Pick("the", "this model's", "our", "the configured")} "
                + $"{Pick("context window", "context size", "maximum context length", "maximum number of tokens", "token limit", "max input length")}"
                + $"{Pick("", $" of {Number()} tokens", $" ({Number()})", ". Shorten it and retry")}";

            Assert.True(RequestSize.IsToBlame(sentence) || sentence.EndsWith("retry", StringComparison.Ordinal), sentence);
        }

        string Pick(params string[] words) => words[random.Next(words.Length)];
        int Number() => random.Next(1_000, 2_000_000);
    }

    [Fact]
    public void IsToBlame_RandomSentencesAboutOtherLimits_AreNot()
    {
        var random = new Random(20261129);
        for (var round = 0; round < 2_000; round++)
        {
            var parameter = $"{Pick("temperature", "top_p", "max_tokens", "The number of tools", "The tool's name", "metadata key", "seed", "Stop", "The image")} "
                + $"{Pick("exceeds", "has exceeded", "is larger than", "is too large:", "must not exceed")} {Pick("the maximum of", "the limit of", "")} {Number()}";
            var rate = $"{Pick("You have", "Your organization has", "This request would have", "Requests have")} exceeded "
                + $"{Pick("the", "your")} {Pick("input tokens", "tokens", "requests", "output tokens")} {Pick("per minute rate limit", "daily limit", "quota", "per hour limit")} of {Number()}";

            Assert.False(RequestSize.IsToBlame(parameter), parameter);
            Assert.False(RequestSize.IsToBlame(rate), rate);
            Assert.False(RequestSize.IsToBlame(rate, mayBeRate: true), rate);
        }

        string Pick(params string[] words) => words[random.Next(words.Length)];
        int Number() => random.Next(2, 2_000_000);
    }

    /// <summary>Whatever a message holds, it is read to its limit and no further, and never throws.</summary>
    [Fact]
    public void IsToBlame_HostileMessages_AreReadToTheLimit()
    {
        const string Sentence = "prompt is too long";
        Assert.True(RequestSize.IsToBlame(Sentence));
        Assert.True(RequestSize.IsToBlame(new string(' ', 900) + Sentence));
        Assert.False(RequestSize.IsToBlame(new string(' ', 1_000) + Sentence));
        Assert.False(RequestSize.IsToBlame(string.Concat(Enumerable.Repeat("a ", 160)) + Sentence));

        var random = new Random(20261129);
        string[] pieces = ["too", "long", "_", ".", "\u0000", "\ud800", "9", ",", "prompt", "max_tokens", "than", "or", "equal", "exceeds", " ", "ſ", "超长", "İ"];
        for (var round = 0; round < 2_000; round++)
        {
            RequestSize.IsToBlame(string.Concat(Enumerable.Range(0, random.Next(1_200)).Select(_ => pieces[random.Next(pieces.Length)])));
        }
    }

    /// <summary>OpenRouter: its own words say nothing; those of the provider stand in a string, as JSON or as they are.</summary>
    [Theory]
    [InlineData(400, """{"error":{"message":"This model's maximum prompt length is 131072 but the request contains 537812 tokens.","code":"invalid-argument"}}""", FailureKind.ContextTooLong)]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}""", FailureKind.ContextTooLong)]
    [InlineData(400, "invalid params, context window exceeds limit (2013)", FailureKind.ContextTooLong)]
    [InlineData(400, """{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"code\":\"context_length_exceeded\"}}"}}}""", FailureKind.ContextTooLong)]
    [InlineData(429, """{"error":{"code":"insufficient_quota","message":"x"}}""", FailureKind.QuotaExhausted)]
    [InlineData(429, "model is temporarily rate-limited upstream. Please retry shortly.", FailureKind.RateLimited)]
    [InlineData(400, """{"error":{"message":"temperature exceeds the maximum of 2"}}""", FailureKind.InvalidRequest)]
    [InlineData(400, "<html>too large</html>", FailureKind.InvalidRequest)]
    [InlineData(400, "", FailureKind.InvalidRequest)]
    [InlineData(502, """{"error":{"code":"context_length_exceeded"}}""", FailureKind.ServerError)]
    public void Classify_ErrorOfTheProviderBehindAGateway_IsWhatThatSaid(int status, string raw, FailureKind kind)
    {
        var body = JsonSerializer.Serialize(
            new { error = new { message = "Provider returned error", code = status, metadata = new { raw, provider_name = "x" } }, user_id = "u" });

        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(new BodyException(status, body)).Kind);
    }

    /// <summary>Nested for ever: the levels are bounded.</summary>
    [Fact]
    public void Classify_GatewaysBehindGateways_AreReadToADepth()
    {
        var body = """{"error":{"code":"context_length_exceeded"}}""";
        for (var depth = 0; depth < 8; depth++)
        {
            var expected = depth <= 2 ? FailureKind.ContextTooLong : FailureKind.InvalidRequest;
            Assert.Equal(expected, ChatFailureClassifier.Default.Classify(new BodyException(400, body)).Kind);
            body = JsonSerializer.Serialize(new { error = new { message = "Provider returned error", metadata = new { raw = body } } });
        }
    }

    private static FailureKind KindOf(int status, string message, string? code = null) =>
        ChatFailureClassifier.Default.Classify(
            new BodyException(status, JsonSerializer.Serialize(new { error = new { message, code } }))).Kind;

    private static TheoryData<string, int, string> Rows((string Provider, int Status, string Message)[] rows)
    {
        var data = new TheoryData<string, int, string>();
        foreach (var (provider, status, message) in rows)
        {
            data.Add(provider, status, message);
        }

        return data;
    }
}
