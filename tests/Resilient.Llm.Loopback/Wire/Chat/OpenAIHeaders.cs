using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>The headers of OpenAI's responses: an id, and Retry-After in seconds and in milliseconds.</summary>
internal static class OpenAIHeaders
{
    public static void Add(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        headers["x-request-id"] = $"req_loopback_{request.Number}";
        if (script.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString();
            headers["retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString();
        }
    }
}
