using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;
using Resilient.Llm.Residency;

namespace Resilient.Llm;

/// <content>Used above a ladder: what it knows of a request that the ladder has not seen, and the report of a stored answer.</content>
public sealed partial class CachedAnswerChatClient
{
    /// <summary>Where the data of a request to the ladder below may go. Nowhere if only the ladder can find that out.</summary>
    private static DataResidency ResidencyAbove(ILadder ladder, ChatOptions? options, DataResidency residency)
    {
        var isStated = options is ResilientChatOptions { Residency: not null }
            || options?.AdditionalProperties?.ContainsKey(ResilientChatOptions.ResidencyKey) == true
            || !ResidencyScope.Current.IsAnywhere;
        return isStated || !ladder.RequiresResidency ? residency.Intersect(ladder.Policy) : DataResidency.Nowhere;
    }

    /// <summary>A stored answer for a caller. In place of a ladder below, it has a report as that ladder's answers have.</summary>
    private ChatResponse ToResponse(StoredAnswer stored, bool isDegraded) =>
        ToResponse(stored.Content, _below is null ? null : ReportOf(stored, isDegraded));

    private static ChatResponse ToResponse(AnswerContent content, ResilienceReport? report) =>
        report is null ? content.ToResponse() : ReportAnnotation.On(content.ToResponse(), report);

    /// <inheritdoc cref="ToResponse(StoredAnswer, bool)"/>
    internal ChatResponseUpdate[] ToUpdates(StoredAnswer stored, bool isDegraded)
    {
        var updates = stored.Content.ToUpdates();
        return _below is null
            ? updates
            : [ReportAnnotation.Alone(ReportOf(stored, isDegraded)), .. updates, ReportAnnotation.Alone(ReportOf(stored, isDegraded))];
    }

    private ResilienceReport ReportOf(StoredAnswer stored, bool isDegraded) => new()
    {
        Source = AnswerSource.Cache,
        ServedBy = CachedAnswerStep.StepName,
        IsDegraded = isDegraded,
        AnswerAge = _cache.AgeOf(stored),
    };
}
