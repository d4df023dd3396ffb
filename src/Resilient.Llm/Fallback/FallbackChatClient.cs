using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Fallback;
using Resilient.Llm.Judging;
using Resilient.Llm.Requests;
using Resilient.Llm.Routing;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>A candidate of a <see cref="FallbackChatClient"/>.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Client">The client. A <see cref="LastResortChatClient"/> is asked as a last resort.</param>
public sealed record FallbackStep(string Name, IChatClient Client);

/// <summary>The ladder: asks the best candidate that is available, eligible and fits the time left, and steps down when it fails.</summary>
/// <remarks>
/// <para>
/// The caller's mistake (<see cref="FailureKind.InvalidRequest"/>) comes back from the first model unchanged, and so does a cancellation.
/// A stream steps down until its first content. If it breaks later, another model continues it where that is safe and
/// <see cref="ChatFallbackOptions.MidStream"/> allows it; otherwise a <see cref="ChatStreamInterruptedException"/> is thrown.
/// </para>
/// <para>Disposes the candidates. Thread-safe.</para>
/// </remarks>
public sealed class FallbackChatClient : IChatClient, IOutcomeChatClient
{
    private readonly FallbackChain _chain;

    /// <summary>Makes a ladder of clients.</summary>
    /// <param name="candidates">The clients, best first. At least one; names are unique.</param>
    /// <param name="options">How time is divided; null for the defaults. Copied.</param>
    /// <param name="classifier">Which failures step down; null for the built-in failure table.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <exception cref="ArgumentException">There is no candidate, two share a name, or an option is out of range.</exception>
    public FallbackChatClient(
        IEnumerable<FallbackStep> candidates,
        ChatFallbackOptions? options = null,
        ChatFailureClassifier? classifier = null,
        TimeProvider? timeProvider = null)
        : this(Steps(candidates, classifier), options ?? new(), timeProvider, ChatEvents.None)
    {
    }

    internal FallbackChatClient(
        Step[] steps,
        ChatFallbackOptions options,
        TimeProvider? timeProvider,
        ChatEvents events,
        RoutedModel[]? routed = null,
        bool isCached = false)
    {
        options.Validate(nameof(FallbackChatClient));
        _chain = new(steps, options.Copy(), timeProvider ?? TimeProvider.System, events)
        {
            Routed = routed,
            HidesConversationIds = (steps.Length > 1 || isCached) && !options.KeepConversationIds,
        };
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return this.GetResponseOrThrowAsync(messages, options, cancellationToken);
    }

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var context = RequestContext.Ensure(ref options, out var own, _chain.TimeProvider, isStreaming: false, cancellationToken);
        var selector = new CandidateSelector(new(_chain, context, own, MessageList.Of(messages)));
        if (!selector.MoveNext())
        {
            return WaitAndDescendAsync(selector, cancellationToken);
        }

        if (selector.Attempt is not { Step: { Client: not null, Hedging: null } })
        {
            return DescendAsync(selector, null, cancellationToken);
        }

        var call = selector.Attempt.TryCallAsync(cancellationToken);
        if (!call.HasEnded)
        {
            return DescendAsync(selector, call, cancellationToken);
        }

        var outcome = call.Outcome;
        if (outcome.Response is not { } response)
        {
            return DescendAsync(selector, new(outcome), cancellationToken);
        }

        selector.Recorder.AnsweredByModel(selector.Attempt, response.GetResilienceReport());
        ProviderState.Settle(selector.Request, response, selector.Attempt.Step);
        return new(outcome);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((FallbackChatClient)request.Client).Start(request, token));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Other services come from the first model: its metadata and its SDK's client. A client that wraps another is not returned, since it
    /// stands around that model alone: code that found a <see cref="FunctionInvokingChatClient"/> there would add none for all models.
    /// </remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : ModelServices.Find(_chain.Steps, serviceType, serviceKey);
    }

    /// <inheritdoc/>
    /// <exception cref="AggregateException">Several disposals failed; a single failure is thrown as it is. All are attempted.</exception>
    public void Dispose()
    {
        List<Exception>? failures = null;
        foreach (var step in _chain.Steps)
        {
            try
            {
                step.Client?.Dispose();
                (step.Local as IDisposable)?.Dispose();
            }
            catch (Exception exception)
            {
                // One failure must not keep the connections of the others open.
                (failures ??= []).Add(exception);
            }
        }

        if (failures is not null)
        {
            ExceptionDispatchInfo.Throw(failures.Count == 1 ? failures[0] : new AggregateException(failures));
        }
    }

    private static async Task<CallOutcome> DescendAsync(
        CandidateSelector selector, OutcomeTask? call, CancellationToken cancellationToken)
    {
        do
        {
            if (selector.Attempt.Step.Local is { } local)
            {
                var answer = await local
                    .TryAnswerAsync(selector.Attempt.Messages, selector.Attempt.Options, selector.Request.Context, cancellationToken)
                    .ConfigureAwait(false);
                if (answer is not null)
                {
                    selector.Recorder.Answered(selector.Attempt, answer.Age);
                    answer.Response.ConversationId = selector.Request.Options.ConversationId;
                    return new(answer.Response);
                }

                selector.Recorder.Declined(selector.Attempt);
                continue;
            }

            var race = call is null && selector.Attempt.HedgeAfter is { } delay
                ? new AttemptRace<CallRunner>(selector, delay, cancellationToken)
                : null;
            CallOutcome outcome;
            try
            {
                outcome = call is { } begun ? await begun.ConfigureAwait(false)
                    : race is null ? await selector.Attempt.TryCallAsync(cancellationToken).ConfigureAwait(false)
                    : await CallRunner.RunAsync(race, selector).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Application code in a layer threw: a failure of this step alone.
                outcome = new(exception);
            }

            outcome = outcome.OrMissing();
            call = null;
            if (outcome.Response is { } response)
            {
                ProviderState.Settle(selector.Request, response, selector.Attempt.Step);
                if (!selector.Request.IsLeftBehind(cancellationToken))
                {
                    selector.Recorder.AnsweredByModel(selector.Attempt, response.GetResilienceReport());
                }

                return outcome;
            }

            if (selector.Request.IsLeftBehind(cancellationToken)
                || race is { IsSettled: true }
                || !selector.StepsDown(selector.Attempt, outcome.Failure!))
            {
                return outcome;
            }
        }
        while (selector.MoveNext() || await selector.MoveToReopenedAsync(cancellationToken, cancellationToken).ConfigureAwait(false));

        return new(selector.Exhausted());
    }

    /// <summary>Handles a request that can ask no step now.</summary>
    private static async Task<CallOutcome> WaitAndDescendAsync(CandidateSelector selector, CancellationToken cancellationToken) =>
        await selector.MoveToReopenedAsync(cancellationToken, cancellationToken).ConfigureAwait(false)
            ? await DescendAsync(selector, null, cancellationToken).ConfigureAwait(false)
            : new(selector.Exhausted());

    private static Step[] Steps(IEnumerable<FallbackStep> candidates, ChatFailureClassifier? classifier)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Step[] steps =
        [
            .. candidates.Select((candidate, level) => candidate.Client is ILocalStep local
                ? Step.Code(local, level)
                : new Step
                {
                    Endpoint = new(candidate.Name, candidate.Name),
                    Level = level,
                    Client = AnswerJudgeChatClient.Over(candidate.Client, classifier),
                    Classifier = classifier ?? ChatFailureClassifier.Default,
                }),
        ];
        if (steps.Length == 0)
        {
            throw new ArgumentException("A ladder needs at least one candidate.", nameof(candidates));
        }

        var names = steps.GroupBy(static step => step.Name, StringComparer.Ordinal);
        if (names.FirstOrDefault(static group => group.Skip(1).Any()) is { } twice)
        {
            throw new ArgumentException(
                $"Two candidates are named '{twice.Key}'. Give each its own name: reports tell them apart by it.", nameof(candidates));
        }

        return steps;
    }

    private FallbackStream Start(StreamRequest request, CancellationToken ofEnumeration) => new(_chain, request, ofEnumeration);
}
