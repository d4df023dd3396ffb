using Polly;
using Polly.Retry;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Retries;

/// <summary>Decides whether and when to retry; Polly runs the loop and the waits.</summary>
/// <remarks>
/// The first attempt does not use Polly: a pipeline starts with the failure as the outcome of its first execution.
/// Backoff is exponential with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
/// </remarks>
internal sealed class RetryPolicy
{
    // A cooldown lasts up to a tenth longer than the provider asked for.
    private const double CooldownJitter = 1.1;

    private static readonly ResiliencePropertyKey<RetryRun> RunKey = new("resilient-llm.retry-run");

    private readonly ChatRetryOptions _options;
    private readonly ChatFailureClassifier _classifier;
    private readonly IAvailability? _inner;
    private readonly TimeProvider _timeProvider;
    private readonly Func<double> _randomizer;
    private readonly ChatEvents _events;
    private readonly RetryBudget _budget;
    private readonly ResiliencePipeline? _pipeline;

    public RetryPolicy(
        ChatRetryOptions options,
        ChatFailureClassifier classifier,
        IAvailability? inner,
        TimeProvider timeProvider,
        Func<double> randomizer,
        ChatEvents events,
        RetryBudget? budget = null)
    {
        _options = options;
        _classifier = classifier;
        _inner = inner;
        _timeProvider = timeProvider;
        _randomizer = randomizer;
        _events = events;
        _budget = budget ?? new(timeProvider, options.BudgetRatio, options.BudgetFloor);
        if (options.MaxRetries > 0)
        {
            _pipeline = new ResiliencePipelineBuilder { TimeProvider = timeProvider }
                .AddRetry(new RetryStrategyOptions
                {
                    MaxRetryAttempts = options.MaxRetries,
                    ShouldHandle = args => new(ShouldRetry(args.Outcome.Exception, RunOf(args.Context), args.AttemptNumber)),
                    DelayGenerator = args => new(PrepareRetry(RunOf(args.Context), args.AttemptNumber)),
                    Randomizer = randomizer,
                })
                .Build();
        }
    }

    public void CountCall(RequestContext context) => _budget.RecordCall(context.Attempts.StartedAt);

    /// <summary>Whether a retry may cure this failure. Time and budget are checked later.</summary>
    public bool MayRetry(AttemptFailure attempt, ResilientChatOptions options, RequestContext context)
    {
        if (_pipeline is null || context.IsCancelledByCaller)
        {
            return false;
        }

        var failure = attempt.Classify(_classifier, context.CallerToken);
        return FailureTable.Of(failure.Kind).RetriesOnlyIfAsked
            ? options.Attempt.IsLastModel && failure.RetryAfter is { } wait && wait <= _options.MaxRetryAfter
            : _classifier.ReactionTo(failure.Kind).RetrySameEndpoint && !(failure.RetryAfter > _options.MaxRetryAfter);
    }

    /// <summary>Retries after a first failure that <see cref="MayRetry"/> allows. Returns the last failure; null for success.</summary>
    /// <remarks>
    /// An attempt leaves its result in its state. Retries may already have been made: a stream that reasons before it fails comes here more
    /// than once.
    /// </remarks>
    public async ValueTask<AttemptFailure?> RetryAsync<TState>(
        Func<TState, ValueTask<AttemptFailure?>> attempt,
        TState state,
        AttemptFailure first,
        ResilientChatOptions options,
        RequestContext context,
        int alreadyMade,
        CancellationToken cancellationToken)
    {
        var run = new RetryRun(options, context, first, alreadyMade);
        var resilience = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        try
        {
            resilience.Properties.Set(RunKey, run);
            var outcome = await _pipeline!
                .ExecuteOutcomeAsync(
                    static (_, s) => s.Policy.AttemptAsync(s.Attempt, s.State, s.Run),
                    resilience,
                    (Policy: this, Attempt: attempt, State: state, Run: run))
                .ConfigureAwait(false);
            return outcome.Exception is not { } exception ? null

                // Otherwise Polly's own exception: the caller cancelled the wait.
                : ReferenceEquals(exception, run.LastFailure.Exception) ? run.LastFailure : new(exception);
        }
        finally
        {
            context.ReleaseReservation();
            ResilienceContextPool.Shared.Return(resilience);
        }
    }

    private static RetryRun RunOf(ResilienceContext context) => context.Properties.GetValue(RunKey, null!);

    private async ValueTask<Outcome<bool>> AttemptAsync<TState>(
        Func<TState, ValueTask<AttemptFailure?>> attempt, TState state, RetryRun run)
    {
        if (!run.IsBeyondFirst || run.HasGivenUp)
        {
            run.IsBeyondFirst = true;
            return Outcome.FromException<bool>(run.LastFailure.Exception);
        }

        if (!MayEnter(run))
        {
            // Recorded when the retry was planned, and again by the layer that gets this failure now: it was one attempt.
            run.Context.Attempts.ForgetLast();
            run.HasGivenUp = true;
            return Outcome.FromException<bool>(run.LastFailure.Exception);
        }

        AttemptFailure? failure;
        try
        {
            run.Context.BeginAttempt();
            failure = await attempt(state).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = run.Context.FailureOf(exception);
        }

        if (failure is null)
        {
            return Outcome.FromResult(true);
        }

        run.LastFailure = failure;
        return Outcome.FromException<bool>(failure.Exception);
    }

    private bool ShouldRetry(Exception? exception, RetryRun run, int attemptNumber) =>
        exception is not null
        && !run.HasGivenUp
        && run.AlreadyMade + attemptNumber < _options.MaxRetries
        && MayRetry(run.LastFailure, run.Options, run.Context);

    /// <summary>The wait before the next attempt; null if it does not fit, the endpoint reopens later, or the budget is spent.</summary>
    private TimeSpan? PrepareRetry(RetryRun run, int attemptNumber)
    {
        attemptNumber += run.AlreadyMade;
        var failure = run.LastFailure.Classify(_classifier, run.Context.CallerToken);
        var ceiling = Math.Min(_options.MaxDelay.Ticks, _options.BaseDelay.Ticks * Math.Pow(2, attemptNumber));
        var delay = Longer(TimeSpan.FromTicks((long)(ceiling * _randomizer())), failure.RetryAfter);
        if (_inner?.Check() is { IsAvailable: false } closed)
        {
            if (closed.ReopensIn is not { } reopensIn || reopensIn > _options.MaxRetryAfter * CooldownJitter)
            {
                return GiveUp();
            }

            delay = Longer(delay, reopensIn + TimeProviderExtensions.TimerSlack);
        }

        // Timers truncate to whole milliseconds: a wait for a reopening would end just before it.
        delay = TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));

        if (_timeProvider.TimestampIn(delay) >= Math.Min(run.Options.Attempt.Deadline, run.Context.Deadline) || !_budget.TryTakeRetry())
        {
            return GiveUp();
        }

        var endpoint = run.Options.Attempt.Endpoint;
        run.Context.Attempts.End(endpoint?.Model ?? "client", endpoint, run.Context.Attempts.StartedAt, failure.Kind, failure.Exception);
        _events.Retrying(endpoint, attemptNumber + 1, failure.Kind, delay);
        return delay;

        TimeSpan? GiveUp()
        {
            run.HasGivenUp = true;
            return TimeSpan.Zero;
        }
    }

    /// <summary>Whether the endpoint may still be called after the wait. A half-open circuit needs its probe permit.</summary>
    private bool MayEnter(RetryRun run)
    {
        if (_inner is null)
        {
            return true;
        }

        var now = _inner.Check();
        return now.IsAvailable && (!now.NeedsReservation || _inner.TryReserve(run.Context));
    }

    private static TimeSpan Longer(TimeSpan delay, TimeSpan? other) => other > delay ? other.Value : delay;

    private sealed class RetryRun(ResilientChatOptions options, RequestContext context, AttemptFailure first, int alreadyMade)
    {
        public int AlreadyMade { get; } = alreadyMade;

        public ResilientChatOptions Options { get; } = options;

        public RequestContext Context { get; } = context;

        public AttemptFailure LastFailure { get; set; } = first;

        public bool IsBeyondFirst { get; set; }

        public bool HasGivenUp { get; set; }
    }
}
