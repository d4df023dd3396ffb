namespace Resilient.Llm.Loopback;

/// <summary>Anthropic's error bodies: <c>{"type":"error","error":{"type","message"},"request_id"}</c>.</summary>
internal static class AnthropicErrors
{
    public static WireError For(Script script, ReceivedRequest request) => script.Error switch
    {
        ScriptError.ContextTooLong => new(400, Body("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum")),
        ScriptError.ContentFilter => new(400, Body("invalid_request_error", "Output blocked by content filtering policy")),

        // The service answers an empty account with 400, not with its documented 402.
        ScriptError.QuotaExhausted => new(400, Body(
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.")),
        ScriptError.RequestTooLarge => new(413, Body("request_too_large", "Request exceeds the maximum size")),
        ScriptError.ToolsUnsupported => new(400, Body("invalid_request_error", "tools: this model does not support tool use")),
        _ => Generic(script.StatusCode ?? 500, request),
    };

    public static byte[] Body(string type, string message) =>
        WireJson.Bytes(new { type = "error", error = new { type, message }, request_id = "req_loopback" });

    private static WireError Generic(int status, ReceivedRequest request)
    {
        var (type, message) = status switch
        {
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "There is a problem with your billing or payment information."),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            404 => ("not_found_error", $"model: {request.Model}"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
            504 => ("timeout_error", "The request timed out while processing."),
            529 => ("overloaded_error", "Overloaded"),
            >= 500 => ("api_error", "Internal server error"),
            _ => ("invalid_request_error", "messages: at least one message is required"),
        };
        return new(status, Body(type, message));
    }
}
