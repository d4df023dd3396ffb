namespace Resilient.Llm.Loopback;

/// <summary>Ollama's error bodies: <c>{"error":"a sentence"}</c>, without a code.</summary>
internal static class OllamaErrors
{
    public static WireError For(Script script, ReceivedRequest request) => script.Error switch
    {
        ScriptError.ContextTooLong => new(400, Body("prompt too long; exceeded max context length by 2310 tokens")),
        ScriptError.QuotaExhausted => new(
            429, Body("you have reached your weekly usage limit, upgrade for higher limits: https://ollama.com/upgrade")),
        ScriptError.RequestTooLarge => new(413, Body("request body too large")),
        ScriptError.ToolsUnsupported => new(400, Body($"registry.ollama.ai/library/{request.Model}:latest does not support tools")),
        ScriptError.ContentFilter => new(400, Body("the prompt was rejected by the model's safety filter")),
        _ => Generic(script.StatusCode ?? 500, request),
    };

    public static byte[] Body(string error) => WireJson.Bytes(new { error });

    private static WireError Generic(int status, ReceivedRequest request) => new(status, Body(status switch
    {
        401 => "unauthorized",
        403 => "this model requires a subscription, upgrade for access: https://ollama.com/upgrade",
        404 => $"model '{request.Model}' not found",
        429 => "too many concurrent requests",
        503 => "server busy, please try again. maximum pending requests exceeded",
        >= 500 => "llama runner process has terminated: exit status 2",
        _ => "invalid message content type",
    }));
}
