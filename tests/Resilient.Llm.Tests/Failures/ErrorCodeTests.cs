using Resilient.Llm.Failures;

namespace Resilient.Llm.Tests;

/// <summary>Codes inside a 200, where no status says more: those of OpenAI's Responses, of Anthropic, Google, AWS and gateways.</summary>
public sealed class ErrorCodeTests
{
    [Theory]
    [InlineData("rate_limit_exceeded", FailureKind.RateLimited)]
    [InlineData("rate_limit_error", FailureKind.RateLimited)]
    [InlineData("RESOURCE_EXHAUSTED", FailureKind.RateLimited)]
    [InlineData("ThrottlingException", FailureKind.RateLimited)]
    [InlineData("429", FailureKind.RateLimited)]
    [InlineData("insufficient_quota", FailureKind.QuotaExhausted)]
    [InlineData("billing_error", FailureKind.QuotaExhausted)]
    [InlineData("exceeded_current_quota_error", FailureKind.QuotaExhausted)]
    [InlineData("402", FailureKind.QuotaExhausted)]
    [InlineData("server_error", FailureKind.ServerError)]
    [InlineData("overloaded_error", FailureKind.ServerError)]
    [InlineData("api_error", FailureKind.ServerError)]
    [InlineData("vector_store_timeout", FailureKind.ServerError)]
    [InlineData("modelStreamErrorException", FailureKind.ServerError)]
    [InlineData("502", FailureKind.ServerError)]
    [InlineData("context_length_exceeded", FailureKind.ContextTooLong)]
    [InlineData("model_context_window_exceeded", FailureKind.ContextTooLong)]
    [InlineData("request_too_large", FailureKind.ContextTooLong)]
    [InlineData("max_prompt_tokens_exceeded", FailureKind.ContextTooLong)]
    [InlineData("invalid_prompt", FailureKind.InvalidRequest)]
    [InlineData("invalid_image_url", FailureKind.InvalidRequest)]
    [InlineData("image_too_large", FailureKind.InvalidRequest)]
    [InlineData("unsupported_parameter", FailureKind.InvalidRequest)]
    [InlineData("400", FailureKind.InvalidRequest)]
    [InlineData("content_filter", FailureKind.ContentFiltered)]
    [InlineData("image_content_policy_violation", FailureKind.ContentFiltered)]
    [InlineData("authentication_error", FailureKind.Unauthorized)]
    [InlineData("unsupported_country_region_territory", FailureKind.Unauthorized)]
    [InlineData("not_found_error", FailureKind.ModelUnavailable)]
    [InlineData("model_not_found", FailureKind.ModelUnavailable)]
    [InlineData("200", FailureKind.InvalidResponse)]
    [InlineData("7", FailureKind.InvalidResponse)]
    [InlineData("something else", FailureKind.InvalidResponse)]
    [InlineData(null, FailureKind.InvalidResponse)]
    public void KindOf_Code_IsTheKindOfTheTable(string? code, FailureKind kind) => Assert.Equal(kind, ProviderError.KindOf(code, "x"));

    [Theory]
    [InlineData("invalid_prompt", "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", FailureKind.ContentFiltered)]
    [InlineData("rate_limit_exceeded", "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 45213.", FailureKind.ContextTooLong)]
    [InlineData("rate_limit_exceeded", "Rate limit reached on tokens per min (TPM): Limit 30000, Used 25000, Requested 8000.", FailureKind.RateLimited)]
    [InlineData("400", "prompt is too long: 208310 tokens > 200000 maximum", FailureKind.ContextTooLong)]
    [InlineData(null, "llama does not support tools", FailureKind.Unsupported)]
    public void KindOf_CodeAndMessage_IsTheMorePreciseOfBoth(string? code, string message, FailureKind kind) =>
        Assert.Equal(kind, ProviderError.KindOf(code, message));
}
