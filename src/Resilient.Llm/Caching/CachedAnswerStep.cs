using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>The step that answers from the store, with a model's answer to exactly this question, or not at all.</summary>
/// <remarks>Uses the key that <see cref="CachedAnswerChatClient"/>, above the ladder, computed from the unchanged request.</remarks>
internal sealed class CachedAnswerStep(AnswerCache cache) : ILocalStep
{
    public const string StepName = "cache";

    public string Name => StepName;

    public AnswerSource Source => AnswerSource.Cache;

    public ValueTask<LocalAnswer?> TryAnswerAsync(
        IReadOnlyList<ChatMessage> messages, ResilientChatOptions options, RequestContext context, CancellationToken cancellationToken)
    {
        var residency = AnswerCache.ResidencyOf(options, context);
        cache.NoteRefusals(residency, context);
        if (context.AnswerKey is not { } key)
        {
            return default;
        }

        var find = cache.FindAsync(key, residency, firstStepOnly: false, context.Deadline, cancellationToken);
        return find.IsCompletedSuccessfully ? new(ToAnswer(find.Result)) : AwaitAsync(find);
    }

    private async ValueTask<LocalAnswer?> AwaitAsync(ValueTask<StoredAnswer?> find) => ToAnswer(await find.ConfigureAwait(false));

    private LocalAnswer? ToAnswer(StoredAnswer? stored) => stored is null ? null : new(stored.Content.ToResponse(), cache.AgeOf(stored));
}
