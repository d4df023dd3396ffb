using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>Stores good answers and serves them again to exactly the same question.</summary>
/// <remarks>
/// <para>Stored are complete answers (finish reason <c>stop</c>) that consist of text. Not stored: truncated or filtered answers, tool
/// calls, data, citations, answers that begin a conversation held by the provider, and answers to requests that hold provider state
/// (conversation ids, continuation tokens, raw representations), hosted tools, or contents of unknown types. A streamed and a plain
/// request share an entry.
/// Usage, ids and model name come back as they were stored; raw representations do not come back.</para>
/// <para>Standing alone, with <see cref="CachedAnswerMode.OnFailure"/>: when the inner client fails, but not when the caller cancels, a
/// stored answer is served in place of the failure; on a stream only before its first text, data or tool call. With
/// <see cref="CachedAnswerMode.ReadThrough"/> a stored answer
/// is served before the inner client is asked, and identical plain requests without tools that arrive at the same time share one call;
/// streams do not.</para>
/// <para>Thread-safe. Disposes the inner client, as every <see cref="DelegatingChatClient"/> does; a distributed store stays its
/// owner's.</para>
/// </remarks>
public sealed partial class CachedAnswerChatClient : DelegatingChatClient, IOutcomeChatClient
{
    private readonly IOutcomeChatClient _next;
    private readonly AnswerCache _cache;
    private readonly CoalescedCalls _flights;
    private readonly bool _isInLadder;
    private readonly Func<Exception, bool> _isCovered;

    /// <summary>Puts a store of answers in front of a client.</summary>
    /// <param name="innerClient">Who answers what is not stored.</param>
    /// <param name="options">What to store and when to serve it; null for the defaults. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="services">Where to take an <c>IDistributedCache</c> from, if the options ask for it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="innerClient"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The options ask for a distributed store that is not registered.</exception>
    public CachedAnswerChatClient(
        IChatClient innerClient, CachedAnswerOptions? options = null, TimeProvider? timeProvider = null, IServiceProvider? services = null)
        : this(innerClient, new AnswerCache(options ?? new(), timeProvider ?? TimeProvider.System, services: services), isInLadder: false)
    {
    }

    /// <param name="innerClient">Who answers what is not stored.</param>
    /// <param name="cache">Shared with the <see cref="CachedAnswerStep"/>.</param>
    /// <param name="isInLadder">Whether a step below serves on failure, and the request's context tells which one answered.</param>
    /// <param name="isCovered">Which failures a stored answer may stand in for; null: all. Unused in a ladder.</param>
    internal CachedAnswerChatClient(IChatClient innerClient, AnswerCache cache, bool isInLadder, Func<Exception, bool>? isCovered = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        _cache = cache;
        _flights = new(cache.TimeProvider);
        _isInLadder = isInLadder;
        _isCovered = isCovered ?? (static _ => true);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this.GetResponseOrThrowAsync(messages, options, cancellationToken);
    }

    ValueTask<CallOutcome> IOutcomeChatClient.TryGetResponseAsync(
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

    /// <summary>The sequence may be readable only once, and the key needs it as much as the inner client does.</summary>
    private static IReadOnlyList<ChatMessage> Materialize(IEnumerable<ChatMessage> messages) =>
        messages as IReadOnlyList<ChatMessage> ?? [.. messages];

    /// <summary>Computes the key, now: later the caller or a provider may have changed the messages.</summary>
    private bool TryAsk(IReadOnlyList<ChatMessage> messages, ChatOptions? options, out AnswerQuestion question)
    {
        var own = options as ResilientChatOptions;
        var residency = AnswerCache.ResidencyOf(options, own?.Context);

        // To go on with an answer is no question that is asked again; and by its last message alone it would be the same for all answers.
        var key = own?.Context is { IsContinuation: true } ? null : _cache.KeyFor(messages, options, residency);
        if (_isInLadder && own?.Context is { } context)
        {
            context.AnswerKey = key;
            if (_cache.Mode == CachedAnswerMode.ReadThrough && !context.IsContinuation)
            {
                // In the other mode the step does that, where it is asked.
                _cache.NoteRefusals(residency, context);
            }
        }

        question = key is null ? default : new(key, residency, own?.Context, own?.AllowFallback ?? true);

        // In a ladder, a request without a context cannot say which model answered: nothing to store.
        return key is not null && (!_isInLadder || own?.Context is not null);
    }

    private ValueTask<CallOutcome> Recorded(in AnswerQuestion question, ValueTask<CallOutcome> call) =>
        call.IsCompletedSuccessfully ? new(Recorded(question, call.Result)) : RecordedAsync(question, call);

    private async ValueTask<CallOutcome> RecordedAsync(AnswerQuestion question, ValueTask<CallOutcome> call) =>
        Recorded(question, await call.ConfigureAwait(false));

    private CallOutcome Recorded(in AnswerQuestion question, CallOutcome outcome)
    {
        if (outcome.Response is { } response)
        {
            Record(question, question.Context, response);
        }

        return outcome;
    }

    private AnswerContent? Record(in AnswerQuestion question, RequestContext? context, ChatResponse response)
    {
        var content = response.FinishReason == ChatFinishReason.Stop ? AnswerSnapshot.TryTake(response) : null;
        Record(question, context, content);
        return content;
    }

    /// <summary>
    /// Keeps an answer that one model gave: not a stored one, nor one of the last resort, nor one that another model finished.
    /// </summary>
    private void Record(in AnswerQuestion question, RequestContext? context, AnswerContent? content)
    {
        if (content is null)
        {
            return;
        }

        if (!_isInLadder)
        {
            _cache.Keep(question.Key, question.Residency, content, isFirstStep: true);
        }
        else if (context is { Answer: { Source: AnswerSource.Model, WasContinued: false } })
        {
            _cache.Keep(question.Key, question.Residency, content, isFirstStep: !context.Answer.IsDegraded);
        }
    }
}
