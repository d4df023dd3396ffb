namespace Resilient.Llm.Loopback;

/// <content>Refusals by HTTP status. Streamed and plain requests are refused alike.</content>
public sealed partial record Script
{
    /// <summary>An HTTP status with the error body that the provider sends for it.</summary>
    /// <param name="status">The status. With 200 and a body, the body is sent as if it were an answer.</param>
    /// <param name="retryAfter">
    /// Sent as <c>retry-after</c> in whole seconds, rounded up; OpenAI adds <c>retry-after-ms</c> as its service does.
    /// </param>
    /// <param name="body">A body to send as it stands, say the HTML of a proxy; null for the provider's own.</param>
    public static Script Status(int status, TimeSpan? retryAfter = null, string? body = null) =>
        new() { StatusCode = status, RetryAfter = retryAfter, RawBody = body };

    /// <summary>429, too many requests.</summary>
    public static Script RateLimited(TimeSpan? retryAfter = null) => Status(429, retryAfter);

    /// <summary>500, with the provider's own words.</summary>
    public static Script ServerError() => Status(500);

    /// <summary>529, Anthropic's <c>overloaded_error</c>. OpenAI has no such status and sends 503: see <see cref="Status"/>.</summary>
    public static Script Overloaded() => Status(529);

    /// <summary>401, a bad key.</summary>
    public static Script Unauthorized() => Status(401);

    /// <summary>403, a key without the permission.</summary>
    public static Script Forbidden() => Status(403);

    /// <summary>404, no such model.</summary>
    public static Script NotFound() => Status(404);

    /// <summary>400, a malformed request.</summary>
    public static Script BadRequest() => Status(400);

    /// <summary>400 on both. OpenAI: code <c>context_length_exceeded</c>. Anthropic: "prompt is too long: …".</summary>
    public static Script ContextTooLong() => new() { StatusCode = 400, Error = ScriptError.ContextTooLong };

    /// <summary>
    /// OpenAI: 429 with code <c>insufficient_quota</c>. Anthropic: 400 <c>invalid_request_error</c> "Your credit balance is too low …",
    /// as its service answers (its documented 402 <c>billing_error</c> is <c>Status(402)</c>).
    /// </summary>
    public static Script QuotaExhausted() => new() { StatusCode = 429, Error = ScriptError.QuotaExhausted };

    /// <summary>
    /// OpenAI and Azure: 429 "Request too large …" with code <c>rate_limit_exceeded</c>. Anthropic: 413 <c>request_too_large</c>.
    /// Ollama: 400.
    /// </summary>
    public static Script RequestTooLarge() => new() { StatusCode = 429, Error = ScriptError.RequestTooLarge };

    /// <summary>400, the model cannot call tools. Ollama: "… does not support tools".</summary>
    public static Script ToolsUnsupported() => new() { StatusCode = 400, Error = ScriptError.ToolsUnsupported };

    /// <summary>
    /// A filter refuses by status 400. OpenAI (Azure): code <c>content_filter</c>. Anthropic: "Output blocked by content filtering policy".
    /// For a filter that ends an answer, see <see cref="ContentFilterFinish"/>.
    /// </summary>
    public static Script ContentFilter() => new() { StatusCode = 400, Error = ScriptError.ContentFilter };
}
