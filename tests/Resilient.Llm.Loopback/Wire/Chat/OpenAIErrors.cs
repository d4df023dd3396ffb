namespace Resilient.Llm.Loopback;

/// <summary>OpenAI's error bodies: <c>{"error":{"message","type","param","code"}}</c>.</summary>
internal static class OpenAIErrors
{
    public static WireError For(Script script, ReceivedRequest request) => script.Error switch
    {
        ScriptError.ContextTooLong => new(400, Body(
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 130310 tokens. "
                + "Please reduce the length of the messages.",
            "invalid_request_error", "messages", "context_length_exceeded")),
        ScriptError.QuotaExhausted => new(429, Body(
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota", null, "insufficient_quota")),
        ScriptError.ContentFilter => new(400, ContentFilterBody()),
        ScriptError.RequestTooLarge => new(429, Body(
            $"Request too large for {request.Model} on tokens per min (TPM): Limit 30000, Requested 48211. The input or output "
                + "tokens must be reduced in order to run successfully.",
            "tokens", null, "rate_limit_exceeded")),
        ScriptError.ToolsUnsupported => new(400, Body(
            "Unsupported parameter: 'tools' is not supported with this model.",
            "invalid_request_error", "tools", "unsupported_parameter")),
        _ => Generic(script.StatusCode ?? 500, request),
    };

    public static byte[] Body(string message, string? type, string? param, string? code) =>
        WireJson.Bytes(new { error = new { message, type, param, code } });

    // Only Azure refuses prompts by status; its body carries an inner error with the categories.
    private static byte[] ContentFilterBody() => WireJson.Bytes(new
    {
        error = new
        {
            message = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            type = (string?)null,
            param = "prompt",
            code = "content_filter",
            status = 400,
            innererror = new
            {
                code = "ResponsibleAIPolicyViolation",
                content_filter_result = new { violence = new { filtered = true, severity = "medium" } },
            },
        },
    });

    private static WireError Generic(int status, ReceivedRequest request)
    {
        var (message, type, code) = status switch
        {
            401 => ("Incorrect API key provided: loopback.", "invalid_request_error", "invalid_api_key"),
            403 => ("You are not allowed to sample from this model.", "invalid_request_error", null),
            404 => (
                $"The model `{request.Model}` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
            429 => ($"Rate limit reached for {request.Model} on requests per min (RPM).", "requests", "rate_limit_exceeded"),
            503 => ("The engine is currently overloaded, please try again later.", "server_error", null),
            >= 500 => ("The server had an error while processing your request. Sorry about that!", "server_error", (string?)null),
            _ => ("Invalid value for 'messages'.", "invalid_request_error", null),
        };
        return new(status, Body(message, type, null, code));
    }
}
