using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>
/// Chat Completions as Azure OpenAI sends them: results of content filters around the answer, and a first event about the prompt,
/// without a choice.
/// </summary>
internal sealed class AzureWire : OpenAIWire
{
    private static readonly object s_safe = new
    {
        hate = new { filtered = false, severity = "safe" },
        self_harm = new { filtered = false, severity = "safe" },
        sexual = new { filtered = false, severity = "safe" },
        violence = new { filtered = false, severity = "safe" },
    };

    private static readonly object s_filtered = new { violence = new { filtered = true, severity = "medium" } };

    private static readonly object[] s_promptResults = [new { prompt_index = 0, content_filter_results = s_safe }];

    public override WireProtocol Protocol => WireProtocol.Azure;

    public override IEnumerable<Frame> Frames(Script script, ReceivedRequest request)
    {
        var prompt = new
        {
            choices = Array.Empty<object>(),
            created = 0,
            id = "",
            model = "",
            @object = "",
            prompt_filter_results = s_promptResults,
        };
        return base.Frames(script, request).Prepend(new(FrameKind.Preamble, [.. "data: "u8, .. Json(prompt), .. "\n\n"u8]));
    }

    public override WireError ErrorFor(Script script, ReceivedRequest request) => AzureErrors.For(script, request);

    public override void AddHeaders(Script script, ReceivedRequest request, IHeaderDictionary headers)
    {
        base.AddHeaders(script, request, headers);
        headers["apim-request-id"] = $"req_loopback_{request.Number}";
        headers["x-ms-region"] = "Loopback";
        if (script.RetryAfter is { } wait)
        {
            headers["x-ms-retry-after-ms"] = Math.Ceiling(wait.TotalMilliseconds).ToString();
        }
    }

    protected override void Decorate(Dictionary<string, object?> completion) => completion["prompt_filter_results"] = s_promptResults;

    protected override void DecorateChoice(Dictionary<string, object?> choice) =>
        choice["content_filter_results"] = choice["finish_reason"] is "content_filter" ? s_filtered : s_safe;
}
