using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>Finds and keeps answers in memory and, if configured, in a distributed store. Checks residency for both.</summary>
/// <remarks>Thread-safe. One instance serves the decorator that records and the step that serves.</remarks>
internal sealed class AnswerCache
{
    private readonly CachedAnswerOptions _options;
    private readonly AnswerMemory? _memory;
    private readonly AnswerStore? _store;
    private readonly string? _geography;
    private readonly Action<AnswerNotStored>? _onNotStored;

    /// <param name="options">Copied and checked.</param>
    /// <param name="timeProvider">The clock of ages and timeouts.</param>
    /// <param name="localGeography">What <c>RunsIn</c> declares; the options' own geography wins.</param>
    /// <param name="services">The source of the <c>IDistributedCache</c>, if the options ask for it.</param>
    /// <param name="onFault">Called for faults of the distributed store. Must not throw.</param>
    /// <param name="onNotStored">Called for answers that are not stored. Must not throw.</param>
    /// <param name="background">Runs writes to the distributed store; null: <see cref="BackgroundWork.For"/>.</param>
    public AnswerCache(
        CachedAnswerOptions options,
        TimeProvider timeProvider,
        string? localGeography = null,
        IServiceProvider? services = null,
        Action<AnswerStoreFault, Exception?>? onFault = null,
        Action<AnswerNotStored>? onNotStored = null,
        Action<Action>? background = null)
    {
        _onNotStored = onNotStored;
        _options = options.ToChecked(services);
        _geography = _options.Geography ?? localGeography;
        _memory = _options.MemoryLimit > 0 ? new(_options.MemoryLimit) : null;
        _store = _options.DistributedCache is null
            ? null
            : new(_options, timeProvider, background ?? BackgroundWork.For(timeProvider), onFault);
        TimeProvider = timeProvider;
        if (_memory is not null)
        {
            Places.Add(new() { Kind = ResidencyPlaceKind.Store, Name = "cache/memory", Geography = _geography });
        }

        if (_store is not null)
        {
            Places.Add(new() { Kind = ResidencyPlaceKind.Store, Name = "cache/distributed", Geography = _store.Geography });
        }
    }

    public List<ResidencyPlace> Places { get; } = [];

    public TimeProvider TimeProvider { get; }

    public CachedAnswerMode Mode => _options.Mode;

    /// <summary>Answers that were not written to the distributed store because too many writes were in progress.</summary>
    public long DroppedWrites => _store?.DroppedWrites ?? 0;

    /// <summary>The question's key; null, with a note of the reason, if its answer cannot be stored anywhere.</summary>
    public AnswerKey? KeyFor(IReadOnlyList<ChatMessage> messages, ChatOptions? options, DataResidency residency)
    {
        var refusal = AnswerNotStored.Residency;
        var key = MayUseMemory(residency) || MayUseStore(residency)
            ? AnswerKeyEncoder.TryEncode(messages, options, residency, _options.Scope, out refusal)
            : null;
        if (key is null)
        {
            NotStored(refusal);
        }

        return key;
    }

    /// <summary>Notes that an answer is not stored.</summary>
    public void NotStored(AnswerNotStored reason) => _onNotStored?.Invoke(reason);

    /// <summary>Looks in memory only: never waits.</summary>
    public StoredAnswer? FindInMemory(AnswerKey key, DataResidency residency, bool firstStepOnly) =>
        MayUseMemory(residency)
        && _memory!.Find(key, TimeProvider.GetUtcNow(), _options.MaxAge) is { } answer
        && (answer.IsFirstStep || !firstStepOnly)
            ? answer
            : null;

    /// <summary>
    /// Looks in memory, then in the distributed store until the timestamp <paramref name="deadline"/>. Throws only if the caller's
    /// <paramref name="cancellationToken"/> is cancelled.
    /// </summary>
    public ValueTask<StoredAnswer?> FindAsync(
        AnswerKey key, DataResidency residency, bool firstStepOnly, long deadline, CancellationToken cancellationToken)
    {
        var known = FindInMemory(key, residency, firstStepOnly);
        return known is not null || !MayUseStore(residency)
            ? new(known)
            : FindInStoreAsync(key, residency, firstStepOnly, deadline, cancellationToken);
    }

    /// <summary>Keeps a whole answer; only notes any other.</summary>
    public void Keep(AnswerKey key, DataResidency residency, AnswerContent content, bool isFirstStep)
    {
        if (AnswerSnapshot.RefusalOf(content) is not AnswerNotStored.None and var refusal)
        {
            NotStored(refusal);
            return;
        }

        var answer = new StoredAnswer(content, TimeProvider.GetUtcNow(), isFirstStep);
        var isKept = KeepInMemory(key, residency, answer);
        if (MayUseStore(residency))
        {
            _store!.Write(key, answer);
        }
        else if (!isKept)
        {
            NotStored(AnswerNotStored.TooLarge);
        }
    }

    /// <summary>Where a request's data may go: the ladder's result, or the request's own setting without a ladder above.</summary>
    public static DataResidency ResidencyOf(ChatOptions? options, RequestContext? context) => ResidencyBound.Of(options, context);

    /// <summary>Notes for the audit which stores could not be asked because of the request's residency.</summary>
    public void NoteRefusals(DataResidency residency, RequestContext context)
    {
        foreach (var place in Places)
        {
            if (!residency.Allows(place.Geography))
            {
                context.Audit.Refuse(CachedAnswerStep.StepName, place.Name, place.Geography, $"the data may only go to: {residency}");
            }
        }
    }

    public TimeSpan AgeOf(StoredAnswer answer) => answer.AgeAt(TimeProvider.GetUtcNow());

    private async ValueTask<StoredAnswer?> FindInStoreAsync(
        AnswerKey key, DataResidency residency, bool firstStepOnly, long deadline, CancellationToken cancellationToken)
    {
        var timeout = _options.StoreTimeout;
        if (deadline != long.MaxValue)
        {
            var left = TimeProvider.GetElapsedTime(TimeProvider.GetTimestamp(), deadline);
            timeout = left < timeout ? left : timeout;
        }

        // A timer rounds down to whole milliseconds: less than one would be none.
        if (timeout < TimeSpan.FromMilliseconds(1)
            || await _store!.ReadAsync(key, timeout, cancellationToken).ConfigureAwait(false) is not { } answer)
        {
            return null;
        }

        KeepInMemory(key, residency, answer);
        return answer.IsFirstStep || !firstStepOnly ? answer : null;
    }

    private bool KeepInMemory(AnswerKey key, DataResidency residency, StoredAnswer answer) =>
        MayUseMemory(residency) && _memory!.Keep(key, answer, TimeProvider.GetUtcNow(), _options.MaxAge);

    private bool MayUseMemory(DataResidency residency) => _memory is not null && residency.Allows(_geography);

    private bool MayUseStore(DataResidency residency) => _store is not null && _store.Serves(residency);
}
