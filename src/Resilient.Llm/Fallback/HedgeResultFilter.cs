using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>Finds what is wrong with the answer of a hedge that must not beat a model which is still at work: it came first, but it is none.</summary>
/// <remarks>Nothing else is lost by it: the slow attempt goes on, and if that one fails the ladder steps down as ever.</remarks>
internal static class HedgeResultFilter
{
    public static ChatAnswerRejectedException? Of(ChatResponse response)
    {
        foreach (var message in response.Messages)
        {
            if (UpdateClassifier.Classify(message.Contents).Commits())
            {
                return Of(response.GetResilienceReport());
            }
        }

        return Empty();
    }

    public static ChatAnswerRejectedException? Of(StreamAttempt leg) => leg.Gate.FirstContent is { } first ? Of(first.GetResilienceReport()) : Empty();

    /// <summary>A ladder within this one whose models have failed gives what it has instead.</summary>
    private static ChatAnswerRejectedException? Of(ResilienceReport? inner) =>
        inner is { Source: AnswerSource.Cache or AnswerSource.LastResort } ? new("The answer is no model's.", FailureKind.InvalidResponse) : null;

    /// <summary>What ends in good order without any content was filtered: everything else of that kind is a failure already.</summary>
    private static ChatAnswerRejectedException Empty() => new("The answer was filtered before its first word.", FailureKind.ContentFiltered);
}
