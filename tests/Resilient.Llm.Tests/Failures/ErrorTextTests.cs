using System.Net;
using System.Text.Json;

namespace Resilient.Llm.Tests;

/// <summary>What error bodies and messages may decide, and what a prompt quoted in them may not.</summary>
public sealed class ErrorTextTests
{
    [Theory]
    [InlineData(400, "<html>refused</html>", FailureKind.InvalidResponse)]
    [InlineData(422, "  <!DOCTYPE html><html></html>", FailureKind.InvalidResponse)]
    [InlineData(417, "<?xml version=\"1.0\"?><Error/>", FailureKind.InvalidResponse)]
    [InlineData(413, "<html>too large</html>", FailureKind.ContextTooLong)]
    [InlineData(400, "Failed to deserialize the JSON body", FailureKind.InvalidRequest)]
    [InlineData(422, """{"detail":[{"loc":["body","messages"],"msg":"field required"}]}""", FailureKind.InvalidRequest)]
    [InlineData(400, "", FailureKind.InvalidRequest)]
    [InlineData(400, """{"error":{"message":"<html> in the prompt"}}""", FailureKind.InvalidRequest)]
    public void Classify_PageUnderAStatusThatBlamesTheRequest_IsNotTheProviders(int status, string body, FailureKind kind) =>
        Assert.Equal(kind, KindOf(new(status, body)));

    [Theory]
    [InlineData(400, """{"error":{"code":"model_decommissioned","message":"x"}}""", FailureKind.ModelUnavailable)]
    [InlineData(400, """{"error":{"type":"exceed_context_size_error","message":"x"}}""", FailureKind.ContextTooLong)]
    [InlineData(400, """[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}]""", FailureKind.Unauthorized)]
    [InlineData(400, """{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"The input token count (9) exceeds the maximum number of tokens allowed (8)."}}""", FailureKind.ContextTooLong)]
    [InlineData(400, """{"message":"Input is too long for requested model."}""", FailureKind.ContextTooLong)]
    [InlineData(403, """{"error":{"type":"billing_error","message":"x"}}""", FailureKind.QuotaExhausted)]
    [InlineData(404, """{"error":"model 'x' not found"}""", FailureKind.ModelUnavailable)]
    [InlineData(429, """{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota, please check your plan and billing details."}}""", FailureKind.RateLimited)]
    [InlineData(429, """{"error":{"message":"You exceeded your current quota, please check your plan and billing details."}}""", FailureKind.QuotaExhausted)]
    [InlineData(500, """{"error":{"code":"insufficient_quota","message":"x"}}""", FailureKind.ServerError)]
    [InlineData(200, """{"error":{"code":"overloaded_error","message":"x"}}""", FailureKind.ServerError)]
    [InlineData(200, """{"error":{"code":"no such code","message":"x"}}""", FailureKind.InvalidResponse)]
    [InlineData(null, """{"error":{"type":"rate_limit_error","message":"x"}}""", FailureKind.RateLimited)]
    [InlineData(null, """{"error":{"type":"permission_error","message":"x"}}""", FailureKind.Unauthorized)]
    [InlineData(null, """{"error":{"type":"api_error","message":"x"}}""", FailureKind.ServerError)]
    [InlineData(null, """{"error":{"type":"invalid_request_error","message":"prompt is too long"}}""", FailureKind.ContextTooLong)]
    [InlineData(null, """{"error":{"type":"invalid_request_error","message":"x"}}""", FailureKind.InvalidRequest)]
    public void Classify_ErrorBody_IsWhatItsFieldsSay(int? status, string body, FailureKind kind) => Assert.Equal(kind, KindOf(new(status, body)));

    [Theory]
    [InlineData("""{"error":{"message":"x","param":{"messages":[{"content":"{\"error\":{\"code\":\"insufficient_quota\"}} credit balance is too low"}]}}}""")]
    [InlineData("""{"request":{"error_code":"x","messages":["context_length_exceeded"],"error":[{"code":"content_filter"}]},"error":{"message":"x","type":"invalid_request_error"}}""")]
    [InlineData("""{"error":{"message":"x","details":[{"input":"credit balance is too low","code":"content_filter is what the user wrote"}]}}""")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"bad","input":"prompt is too long, insufficient_quota"}]}""")]
    [InlineData("prompt is too long: credit balance is too low")]
    public void Classify_BodyQuotesThePrompt_IsNotMisled(string body) => Assert.Equal(FailureKind.InvalidRequest, KindOf(new(400, body)));

    [Fact]
    public void Classify_PromptQuotedFarInsideTheMessage_IsNotMisled()
    {
        var message = new string('x', 600) + " Your credit balance is too low";

        Assert.Equal(FailureKind.InvalidRequest, KindOf(new(400, JsonSerializer.Serialize(new { error = new { message } }))));
        Assert.Equal(FailureKind.InvalidRequest, KindOf(new(400, null, message)));
    }

    [Theory]
    [InlineData("Invalid value: 'insufficient_quota'. Supported values are: 'auto'.")]
    [InlineData("1 validation error for ChatCompletionRequest messages.0.content [input_value='your credit balance is too low', input_type=str]")]
    [InlineData("The text `you exceeded your current quota` was refused")]
    [InlineData("The text “llama is not a valid model” was refused")]
    public void Classify_PromptQuotedEarlyInTheMessage_CostsNoHealth(string message)
    {
        Assert.Equal(FailureKind.InvalidRequest, KindOf(new(400, JsonSerializer.Serialize(new { error = new { message } }))));
        Assert.Equal(FailureKind.InvalidRequest, KindOf(new(400, null, message)));
    }

    [Theory]
    [InlineData("Your credit balance is too low", FailureKind.QuotaExhausted)]
    [InlineData("This model's maximum context length is 5 tokens.", FailureKind.ContextTooLong)]
    [InlineData("HTTP 400 (: content_filter)\nParameter: prompt", FailureKind.ContentFiltered)]
    [InlineData("HTTP 400 (invalid_request_error: )\n(x: insufficient_quota)", FailureKind.QuotaExhausted)]
    [InlineData("HTTP 400 (invalid_request_error: )\n(x: content_filter)", FailureKind.InvalidRequest)]
    [InlineData("Status Code: BadRequest\n{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"x\"}, \"prompt\":\"credit balance is too low\"}", FailureKind.InvalidRequest)]
    public void Classify_MessageWithoutBody_IsReadAsFarAsItIsTheProviders(string message, FailureKind kind) => Assert.Equal(kind, KindOf(new(400, null, message)));

    [Fact]
    public void Classify_MessageWithoutAnyStatus_SaysNothing() =>
        Assert.Equal(FailureKind.Unknown, ChatFailureClassifier.Default.Classify(new InvalidOperationException("Your credit balance is too low: insufficient_quota")).Kind);

    [Fact]
    public void Classify_HttpRequestExceptionWithBodyInItsMessage_ReadsTheBody()
    {
        var exception = new HttpRequestException("""Call failed: {"error":{"code":"context_length_exceeded"}}""", null, HttpStatusCode.BadRequest);

        Assert.Equal(FailureKind.ContextTooLong, ChatFailureClassifier.Default.Classify(exception).Kind);
    }

    [Fact]
    public void Classify_GoogleRetryInfo_TellsTheWait()
    {
        const string Body = """{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"You exceeded your current quota","details":[{"@type":"help"},{"@type":"RetryInfo","retryDelay":"34.5s"}]}}""";

        var failure = ChatFailureClassifier.Default.Classify(new BodyException(429, Body));

        Assert.Equal(FailureKind.RateLimited, failure.Kind);
        Assert.Equal(TimeSpan.FromSeconds(34.5), failure.RetryAfter);
    }

    private static FailureKind KindOf(BodyException exception) => ChatFailureClassifier.Default.Classify(exception).Kind;
}
