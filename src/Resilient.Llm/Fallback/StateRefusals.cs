using System.Diagnostics.CodeAnalysis;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;

namespace Resilient.Llm.Fallback;

/// <summary>Refusals that may concern the state in a request rather than the request: what follows from them.</summary>
/// <remarks>Mutable struct, part of the <see cref="CandidateSelector"/>: no allocation for requests that nothing refuses.</remarks>
internal struct StateRefusals
{
    private Step? _again;
    private bool _againAsFirst;

    /// <summary>
    /// Whether the first step may have refused only what it does not know: then the next model is asked, and the last refusal goes to the
    /// caller.
    /// </summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>
    /// Whether a step is asked once more: without the reasoning and raw items of its own turns, or with other options for reasoning.
    /// </summary>
    public bool AsksAgain(in Attempt attempt, FailureKind kind)
    {
        if (!FailureTable.Of(kind).RefusesUnknownState
            || attempt.IsPlain
            || (attempt.Traits & (TurnTraits.KeepsState | TurnTraits.IsOpenToolTurn)) == 0
            || attempt.Role is AttemptRole.Continuation or AttemptRole.Reduced
            || attempt.Step.Classifier.IsOverridden(kind))
        {
            return false;
        }

        _again = attempt.Step;
        _againAsFirst = attempt.IsFirst;
        return true;
    }

    /// <summary>Takes the step to ask once more.</summary>
    public bool TryTakeAgain([NotNullWhen(true)] out Step? step, out bool isFirst)
    {
        step = _again;
        isFirst = _againAsFirst;
        _again = null;
        return step is not null;
    }

    /// <summary>Notes a refusal by a step.</summary>
    public void Note(in Attempt attempt, FallbackRequest request) => IsInDoubt |= attempt.IsFirst && MayConcernState(attempt, request);

    /// <summary>Whether a refusal may concern turns that another endpoint made, or a conversation of unknown holder.</summary>
    public static bool MayConcernState(in Attempt attempt, FallbackRequest request) =>
        attempt.Traits.HasFlag(TurnTraits.HasForeign)
        || (request.Options.ConversationId is not null && request.ConversationHolder is null);
}
