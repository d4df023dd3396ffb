using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Failures;

/// <summary>Finds failures that look like answers. Shared by plain answers and streams.</summary>
internal static class AnswerJudge
{
    private static readonly ChatFinishReason s_refusal = new("refusal");

    /// <summary>Why a plain answer is not an answer; null (without allocation) when it is one.</summary>
    public static ChatAnswerRejectedException? Judge(ChatResponse? response, Func<ChatResponse, string?>? validate)
    {
        if (response is null)
        {
            // A null response violates the contract, but fakes and thin adapters return it.
            return Empty(null);
        }

        if (WhyNotEnded(response) is { } unfinished)
        {
            return unfinished;
        }

        if (IsFiltered(response.FinishReason))
        {
            return Filtered(response);
        }

        var kind = UpdateKind.Preamble;
        for (var i = 0; i < response.Messages.Count; i++)
        {
            kind |= UpdateClassifier.Classify(response.Messages[i].Contents);
        }

        if ((kind & UpdateKind.Error) != 0)
        {
            return Failed(response, FirstError(response));
        }

        if ((kind & UpdateKind.BrokenToolCall) != 0 && response.FinishReason != ChatFinishReason.Length)
        {
            return BrokenToolCall(response);
        }

        // A background answer is not complete yet; the token says how to fetch it.
        return response.ContinuationToken is not null ? null
            : WhyEmpty(kind, response.FinishReason, response) ?? (validate is null ? null : Validate(response, validate));
    }

    public static bool IsFiltered(ChatFinishReason? reason) => reason == ChatFinishReason.ContentFilter || reason == s_refusal;

    public static ChatAnswerRejectedException Filtered(ChatResponse? response) =>
        new("The provider's content filter, or the model itself, refused to answer.", FailureKind.ContentFiltered, response);

    public static ChatAnswerRejectedException Empty(ChatResponse? response) =>
        new(
            "The provider reported success, but its answer is empty: no text, no data, no tool call.",
            FailureKind.InvalidResponse,
            response);

    /// <summary>Why an answer with these contents is none; null when it is one. The work of the provider's own tools counts.</summary>
    public static ChatAnswerRejectedException? WhyEmpty(UpdateKind seen, ChatFinishReason? reason, ChatResponse? response) =>
        (seen & UpdateKind.Content) != 0 ? null
        : reason == ChatFinishReason.Length
            ? new(
                "The answer reached its token limit before its first content. Allow more output tokens, or less reasoning.",
                FailureKind.TokenLimitReached,
                response)
        : (seen & UpdateKind.HostedTool) != 0 ? null
        : Empty(response);

    public static ChatAnswerRejectedException BrokenToolCall(ChatResponse? response) =>
        new("The answer holds a tool call whose arguments cannot be read.", FailureKind.InvalidResponse, response);

    public static ChatAnswerRejectedException Unreadable(Exception exception) =>
        new(
            "The provider's SDK could not read the answer: it is an error, or its finish reason is missing or unknown to the SDK.",
            FailureKind.InvalidResponse,
            innerException: exception);

    /// <summary>Asks the provider's own object how a plain answer ended, and puts the reason onto the answer.</summary>
    private static ChatAnswerRejectedException? WhyNotEnded(ChatResponse response)
    {
        var end = RawEndReader.Read(response.RawRepresentation);
        switch (end.Kind)
        {
            case RawEndKind.Failed:
                return Failed(response, end.Error);
            case RawEndKind.Cancelled:
                return new("The answer was cancelled at the provider.", FailureKind.InvalidResponse, response);
            case RawEndKind.InProgress when response.ContinuationToken is null:
                return new("The answer is not complete, and nothing says how to fetch the rest.", FailureKind.InvalidResponse, response);
            case RawEndKind.Incomplete:
                response.FinishReason ??= end.Reason;
                break;
            case RawEndKind.Completed:
                response.FinishReason ??= HasCalls(response) ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
                break;
        }

        return null;
    }

    private static ChatAnswerRejectedException Failed(ChatResponse response, ErrorContent? error)
    {
        var verdict = InBand(error, response);
        if (verdict.Kind == FailureKind.ContentFiltered)
        {
            // As adapters say it that have a reason for a refusal.
            response.FinishReason = ChatFinishReason.ContentFilter;
        }

        return verdict;
    }

    private static bool HasCalls(ChatResponse response) =>
        response.Messages.Any(static message => (UpdateClassifier.Classify(message.Contents) & UpdateKind.ToolCall) != 0);

    /// <summary>An error inside the answer. Its text may hold anything and is not repeated; a known code is.</summary>
    public static ChatAnswerRejectedException InBand(ErrorContent? error, ChatResponse? response)
    {
        var code = ErrorCodes.IsKnown(error?.ErrorCode) ? $" ({error!.ErrorCode})" : string.Empty;
        return new(
            $"The answer holds an error{code} instead of content.",
            ProviderError.KindOf(error?.ErrorCode, error?.Message),
            response);
    }

    private static ChatAnswerRejectedException? Validate(ChatResponse response, Func<ChatResponse, string?> validate)
    {
        try
        {
            return validate(response) is { } reason
                ? new("ValidateAnswer refused the answer; this exception's Reason says why.", FailureKind.InvalidResponse, response)
                {
                    Reason = reason,
                }
                : null;
        }
        catch (Exception e)
        {
            // Application code: an answer that it cannot inspect is not approved.
            return new("ValidateAnswer threw, so the answer counts as refused.", FailureKind.InvalidResponse, response, e);
        }
    }

    private static ErrorContent? FirstError(ChatResponse response) =>
        response.Messages.SelectMany(static message => message.Contents).OfType<ErrorContent>().FirstOrDefault();
}
