using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Stores good answers and serves them again for exactly the same question.</summary>
/// <remarks>
/// <para>
/// It stores whole answers (finish reason <c>stop</c>, or none on a plain answer) that consist of text, with the sources that they cite. It
/// does not store truncated or filtered answers, tool calls, data, error pages, or answers to requests with provider state (conversation
/// ids, continuation tokens, raw representations), hosted tools, or contents of unknown types; a metric and the debug log say why. Of a
/// ladder below it stores no answer that is degraded, continued or no model's. Streamed and plain requests share an entry. Usage, model
/// name and simple properties are restored; ids, raw representations and other properties are not. Earlier answers in a conversation
/// are compared by what is visible of them.
/// </para>
/// <para>
/// Used alone with <see cref="CachedAnswerMode.OnFailure"/>, it serves a stored answer when the inner client fails, but not when the caller
/// cancels; on a stream only before the first text, data or tool call. With <see cref="CachedAnswerMode.ReadThrough"/> it serves a stored
/// answer before the inner client is asked, and identical concurrent plain requests without tools share one call; streams do not.
/// </para>
/// <para>Thread-safe. Disposes the inner client, like every <see cref="DelegatingChatClient"/>, but not a distributed store.</para>
/// </remarks>
public sealed partial class CachedAnswerChatClient : DelegatingChatClient, IOutcomeChatClient
{
    private readonly IOutcomeChatClient _next;
    private readonly AnswerCache _cache;
    private readonly CoalescedCalls _calls;
    private readonly bool _isInLadder;
    private readonly ILadder? _below;
    private readonly Func<Exception, bool> _isCovered;

    /// <summary>Puts a store of answers in front of a client.</summary>
    /// <param name="innerClient">The client that answers what is not stored.</param>
    /// <param name="options">What to store and when to serve it; null for the defaults. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <param name="services">The source of an <c>IDistributedCache</c>, if the options ask for it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="innerClient"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The options ask for a distributed store that is not registered.</exception>
    public CachedAnswerChatClient(
        IChatClient innerClient, CachedAnswerOptions? options = null, TimeProvider? timeProvider = null, IServiceProvider? services = null)
        : this(innerClient, options, timeProvider, services, ChatEvents.None)
    {
    }

    internal CachedAnswerChatClient(
        IChatClient innerClient, CachedAnswerOptions? options, TimeProvider? timeProvider, IServiceProvider? services, ChatEvents events)
        : this(
            innerClient,
            new AnswerCache(
                options ?? new(),
                timeProvider ?? TimeProvider.System,
                services: services,
                onFault: events.StoreFault,
                onNotStored: events.NotStored),
            isInLadder: false)
    {
    }

    /// <param name="innerClient">The client that answers what is not stored.</param>
    /// <param name="cache">Shared with the <see cref="CachedAnswerStep"/>.</param>
    /// <param name="isInLadder">Whether a step below serves on failure, and the request context tells which step answered.</param>
    /// <param name="isCovered">Which failures a stored answer may replace; null: all. Unused in a ladder.</param>
    internal CachedAnswerChatClient(IChatClient innerClient, AnswerCache cache, bool isInLadder, Func<Exception, bool>? isCovered = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        _cache = cache;
        _calls = new(cache.TimeProvider);
        _isInLadder = isInLadder;
        _below = isInLadder ? null : innerClient.GetService(typeof(ILadder)) as ILadder;
        _isCovered = isCovered ?? (static _ => true);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this.GetResponseOrThrowAsync(messages, options, cancellationToken);
    }

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var list = Materialize(messages);
        if (!TryAsk(list, options, out var question))
        {
            return _next.TryGetResponseAsync(list, options, cancellationToken);
        }

        if (_cache.Mode == CachedAnswerMode.ReadThrough)
        {
            return ReadThrough(question, list, options, cancellationToken);
        }

        return _isInLadder
            ? Recorded(question, _next.TryGetResponseAsync(list, options, cancellationToken))
            : CoveredAsync(question, list, options, cancellationToken);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = Materialize(messages);
        if (!TryAsk(list, options, out var question))
        {
            return InnerClient.GetStreamingResponseAsync(list, options, cancellationToken);
        }

        var stream = new CachedAnswerStream(this, question, list, options, cancellationToken);
        return _isInLadder || _cache.Mode == CachedAnswerMode.ReadThrough
            ? stream
            : CoverAsync(question, stream, cancellationToken, CancellationToken.None);
    }

    /// <summary>Makes a list: the sequence may be readable only once, and both the key and the inner client need it.</summary>
    private static IReadOnlyList<ChatMessage> Materialize(IEnumerable<ChatMessage> messages) =>
        messages as IReadOnlyList<ChatMessage> ?? [.. messages];

    /// <summary>Computes the key now: later the caller or a provider may have changed the messages.</summary>
    private bool TryAsk(IReadOnlyList<ChatMessage> messages, ChatOptions? options, out AnswerQuestion question)
    {
        var own = DerivedOptions.Find(options);
        var residency = AnswerCache.ResidencyOf(options, own?.Context);
        if (_below is not null)
        {
            residency = ResidencyAbove(_below, options, residency);
        }

        // A continuation is never asked again, and by its last message alone it would be the same for all answers.
        var key = own?.Context is { IsContinuation: true } ? null : _cache.KeyFor(messages, options, residency);
        if (_isInLadder && own?.Context is { } context)
        {
            context.AnswerKey = key;
            if (_cache.Mode == CachedAnswerMode.ReadThrough && !context.IsContinuation)
            {
                // In the other mode the step does this when it is asked.
                _cache.NoteRefusals(residency, context);
            }
        }

        question = key is null ? default : new(key, residency, own?.Context, own?.AllowFallback ?? true);

        // In a ladder, a request without a context does not tell which model answered: nothing to store.
        return key is not null && (!_isInLadder || own?.Context is not null);
    }

    private OutcomeTask Recorded(in AnswerQuestion question, OutcomeTask call) =>
        call.HasEnded ? Recorded(question, call.Outcome) : RecordedAsync(question, call);

    private async Task<CallOutcome> RecordedAsync(AnswerQuestion question, OutcomeTask call) =>
        Recorded(question, await call.ConfigureAwait(false));

    private CallOutcome Recorded(in AnswerQuestion question, CallOutcome outcome)
    {
        if (outcome.Response is { } response)
        {
            Record(question, question.Context, response);
        }

        return outcome;
    }

    private void Record(in AnswerQuestion question, RequestContext? context, ChatResponse response)
    {
        if (MayKeep(context, response.GetResilienceReport()))
        {
            Keep(question, context, AnswerSnapshot.TryTake(response, out var refusal), refusal);
        }
    }

    /// <summary>
    /// Whether it is an answer of one model: not a stored or last-resort one, nor one that another model continued, nor one to a part of
    /// the question.
    /// </summary>
    /// <param name="context">The request context; null without a ladder above.</param>
    /// <param name="report">What a ladder below says of its answer.</param>
    private bool MayKeep(RequestContext? context, ResilienceReport? report)
    {
        if (_isInLadder)
        {
            if (context is not { Answer.Source: AnswerSource.Model })
            {
                return false;
            }

            var isWhole = context is { Answer: { WasContinued: false, WasReduced: false } };
            if (!isWhole)
            {
                _cache.NotStored(AnswerNotStored.Degraded);
            }

            return isWhole;
        }

        // A report without a ladder to ask: a client in between hides it, and nothing tells where it lets data go.
        var refusal = report is null ? (_below is null ? AnswerNotStored.None : AnswerNotStored.NoReport)
            : _below is null ? AnswerNotStored.Residency
            : report is { Source: AnswerSource.Model, IsDegraded: false, WasContinued: false } ? AnswerNotStored.None
            : AnswerNotStored.Degraded;
        if (refusal != AnswerNotStored.None)
        {
            _cache.NotStored(refusal);
        }

        return refusal == AnswerNotStored.None;
    }

    private void Keep(in AnswerQuestion question, RequestContext? context, AnswerContent? content, AnswerNotStored refusal)
    {
        if (content is null)
        {
            _cache.NotStored(refusal);
            return;
        }

        _cache.Keep(question.Key, question.Residency, content, isFirstStep: !_isInLadder || !context!.Answer.IsDegraded);
    }
}
