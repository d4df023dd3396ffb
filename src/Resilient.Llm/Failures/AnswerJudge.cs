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
            return InBand(FirstError(response), response);
        }

        // A background answer is not complete yet; the token says how to fetch it.
        if (response.ContinuationToken is not null)
        {
            return null;
        }

        return (kind & UpdateKind.Content) == 0 ? Empty(response) : validate is null ? null : Validate(response, validate);
    }

    public static bool IsFiltered(ChatFinishReason? reason) => reason == ChatFinishReason.ContentFilter || reason == s_refusal;

    public static ChatAnswerRejectedException Filtered(ChatResponse? response) =>
        new("The provider's content filter, or the model itself, refused to answer.", FailureKind.ContentFiltered, response);

    public static ChatAnswerRejectedException Empty(ChatResponse? response) =>
        new(
            "The provider reported success, but its answer is empty: no text, no data, no tool call.",
            FailureKind.InvalidResponse,
            response);

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
