using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>Rejects a hedge's result that is no model's answer: it must not win against a running model.</summary>
/// <remarks>Nothing is lost: the slow attempt continues, and if it fails, the ladder steps down as usual.</remarks>
internal static class HedgeResultFilter
{
    public static ChatAnswerRejectedException? Of(ChatResponse response)
    {
        foreach (var message in response.Messages)
        {
            var kind = UpdateClassifier.Classify(message.Contents);
            if (kind.Commits())
            {
                return (kind & UpdateKind.Error) != 0 ? Filtered() : Of(response.GetResilienceReport());
            }
        }

        return Filtered();
    }

    public static ChatAnswerRejectedException? Of(StreamAttempt attempt) =>
        attempt.Gate.FirstContent is not { } first || (UpdateClassifier.Classify(first) & UpdateKind.Error) != 0
            ? Filtered()
            : Of(attempt.Gate.Report);

    /// <summary>An inner ladder whose models have failed answers from its cache or last resort.</summary>
    private static ChatAnswerRejectedException? Of(ResilienceReport? inner) =>
        inner is { Source: AnswerSource.Cache or AnswerSource.LastResort }
            ? new("The answer is no model's.", FailureKind.InvalidResponse)
            : null;

    /// <summary>
    /// An answer without content, or with an error, that arrives here was filtered or refused: every other one is already a failure.
    /// </summary>
    private static ChatAnswerRejectedException Filtered() =>
        new("The answer was filtered, or refused, before its first word.", FailureKind.ContentFiltered);
}
