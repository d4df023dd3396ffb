using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>The rung that answers from the store: with the answer that some model gave to exactly this question, or not at all.</summary>
/// <remarks>Looks up the key that <see cref="CachedAnswerChatClient"/>, above the ladder, left in the trace before anything could change the request.</remarks>
internal sealed class CachedAnswerRung(AnswerCache cache) : ILocalRung
{
    public const string RungName = "cache";

    public string Name => RungName;

    public AnswerSource Source => AnswerSource.Cache;

    public ValueTask<LocalAnswer?> TryAnswerAsync(
        IReadOnlyList<ChatMessage> messages, ResilientChatOptions options, RequestTrace trace, CancellationToken cancellationToken)
    {
        var residency = AnswerCache.ResidencyOf(options, trace);
        cache.NoteRefusals(residency, trace);
        if (trace.AnswerKey is not { } key)
        {
            return default;
        }

        var find = cache.FindAsync(key, residency, firstRungOnly: false, trace.Deadline, cancellationToken);
        return find.IsCompletedSuccessfully ? new(ToAnswer(find.Result)) : AwaitAsync(find);
    }

    private async ValueTask<LocalAnswer?> AwaitAsync(ValueTask<StoredAnswer?> find) => ToAnswer(await find.ConfigureAwait(false));

    private LocalAnswer? ToAnswer(StoredAnswer? stored) => stored is null ? null : new(stored.Content.ToResponse(), cache.AgeOf(stored));
}
