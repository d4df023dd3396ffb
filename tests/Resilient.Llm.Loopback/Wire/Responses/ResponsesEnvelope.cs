namespace Resilient.Llm.Loopback;

/// <summary>The response object that surrounds the items: in plain answers, and in the first and last events of a stream.</summary>
internal static class ResponsesEnvelope
{
    private const long Created = 1767225600;

    /// <summary>The status of the finished answer; null where none is sent.</summary>
    public static string? StatusOf(Script script) => script.Finish switch
    {
        _ when script.FinishWord is not null => "incomplete",
        ScriptFinish.Length or ScriptFinish.ContentFilter => "incomplete",
        ScriptFinish.Failed => "failed",
        ScriptFinish.Cancelled => "cancelled",
        ScriptFinish.InProgress => "in_progress",
        ScriptFinish.Missing => null,
        _ => "completed",
    };

    /// <summary>The response as it is before there is any output.</summary>
    public static object Started(Script script, ReceivedRequest request, string id) =>
        Response(script, request, id, "in_progress", output: [], isDone: false);

    public static object Finished(Script script, ReceivedRequest request, string id, IReadOnlyList<object> output) =>
        Response(script, request, id, StatusOf(script), output, isDone: script.Finish != ScriptFinish.InProgress);

    private static Dictionary<string, object?> Response(
        Script script, ReceivedRequest request, string id, string? status, IReadOnlyList<object> output, bool isDone)
    {
        var response = new Dictionary<string, object?>
        {
            ["id"] = id,
            ["object"] = "response",
            ["created_at"] = Created,
            ["status"] = status,
            ["background"] = false,
            ["error"] = isDone && status == "failed" ? Error(script.FailureCode) : null,
            ["incomplete_details"] = isDone && IncompleteReason(script) is { } reason ? new { reason } : null,
            ["instructions"] = null,
            ["max_output_tokens"] = request.MaxTokens,
            ["model"] = request.Model,
            ["output"] = output,
            ["parallel_tool_calls"] = true,
            ["previous_response_id"] = request.PreviousResponseId,
            ["reasoning"] = new { effort = (string?)null, summary = (string?)null },
            ["store"] = request.Store != false,
            ["temperature"] = 1.0,
            ["text"] = new { format = new { type = "text" } },
            ["tool_choice"] = "auto",
            ["tools"] = Array.Empty<object>(),
            ["top_p"] = 1.0,
            ["truncation"] = "disabled",
            ["usage"] = isDone ? Usage(script) : null,
            ["metadata"] = new { },
        };
        if (request.ConversationId is { } conversation)
        {
            response["conversation"] = new { id = conversation };
        }

        if (status is null)
        {
            response.Remove("status");
        }

        return response;
    }

    private static string? IncompleteReason(Script script) => script.Finish switch
    {
        _ when script.FinishWord is { } word => word,
        ScriptFinish.Length => "max_output_tokens",
        ScriptFinish.ContentFilter => "content_filter",
        _ => null,
    };

    private static object Error(string code) => new
    {
        code,
        message = code == "rate_limit_exceeded"
            ? "Rate limit reached for this model on tokens per min (TPM). Please try again in 6.2s."
            : "An error occurred while processing your request. You can retry your request.",
    };

    private static object Usage(Script script) => new
    {
        input_tokens = script.PromptTokens,
        input_tokens_details = new { cached_tokens = 0 },
        output_tokens = Wire.CompletionTokens(script),
        output_tokens_details = new { reasoning_tokens = 0 },
        total_tokens = script.PromptTokens + Wire.CompletionTokens(script),
    };
}
