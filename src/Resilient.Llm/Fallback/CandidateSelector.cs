using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Fallback;

/// <summary>One request's way down the ladder: which rung is next, with what, for how long, and what a failure there means.</summary>
/// <remarks>Not thread-safe: attempts may overlap, but what they come to is told here one after the other.</remarks>
internal sealed partial class CandidateSelector(Ladder ladder, RequestContext context, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
{
    private readonly Step[] _steps = ladder.StepsFor(context, options);
    private readonly ChatEvents _events = ladder.Events;
    private int _index = -1;
    private int _modelsCalled;
    private bool _isFirstMove = true;

    // The first that may be asked at all: for the audit, an answer of anybody else is a failover.
    private Step? _firstEligible;
    private List<Step>? _lastChoices;
    private int _slowChoices;

    // Unavailable or half-open when a hedge was looked for. When the slow model has failed in the end, they may be back.
    private Queue<Step>? _passedOver;

    // About to be probed when they were looked at. Where nobody else answers, the request does it itself.
    private Queue<Step>? _leftToProbe;
    private IReadOnlyList<ChatMessage>? _portableMessages;

    /// <summary>The rung to ask now, or the one that answered.</summary>
    public Attempt Attempt { get; set; }

    public RequestContext Context => context;

    /// <summary>
    /// Whether a layer above has given this walk up, as one does when a ladder stands below somebody's time limit. Then another attempt may be under way: the trace
    /// is no longer ours to write, and nobody waits for another rung.
    /// </summary>
    /// <param name="received">The token that this ladder was called with.</param>
    public bool IsLeftBehind(CancellationToken received) => received.IsCancellationRequested && received != context.CallerToken;

    /// <summary>Finds the next rung worth asking; notes why others were passed over. False when there is none left.</summary>
    public bool MoveNext()
    {
        if (!_isFirstMove)
        {
            context.Attempts.Begin();
        }

        _isFirstMove = false;
        while (_passedOver?.TryDequeue(out var again) == true)
        {
            if (TryAsk(again, AttemptRole.Ordinary, context.Attempts.StartedAt))
            {
                return true;
            }
        }

        while (++_index < _steps.Length)
        {
            var step = _steps[_index];
            if (step.Level > 0 && !options.AllowFallback)
            {
                break;
            }

            if (step.Local is null)
            {
                if (TryAsk(step, AttemptRole.Ordinary, context.Attempts.StartedAt))
                {
                    return true;
                }

                continue;
            }

            if (_waits > 0)
            {
                // It had its turn before the wait.
                continue;
            }

            if (TryAskLastChoice())
            {
                // Back to this rung when that one fails.
                _index--;
                return true;
            }

            if (context.IsContinuation)
            {
                // We are a model of another ladder, which has a broken answer in its hands.
                Skip(step, FailureKind.Rejected, "cannot continue an answer");
                continue;
            }

            Attempt = new(step, options, messages, AttemptRole.Ordinary);
            return true;
        }

        return TryAskLastChoice() || TryAskLeftToProbe();
    }

    /// <summary>Finds another model to ask while one that is slow goes on. False, and nothing changed, when there is none, or no extra call left.</summary>
    /// <param name="slow">The attempt that keeps the caller waiting: the extra call is its endpoint's.</param>
    public bool TryHedge(in Attempt slow)
    {
        while (_index + 1 < _steps.Length)
        {
            var step = _steps[_index + 1];
            if (step.Level > 0 && !options.AllowFallback)
            {
                return false;
            }

            var availability = step.Local is null ? step.Availability?.Check() ?? Availability.Open : default;
            if (step.Local is not null || (availability.IsSlow && !availability.IsDrained))
            {
                // Never onto another slow one.
                return false;
            }

            if (availability.NeedsReservation && !availability.IsDrained)
            {
                // Never onto a half-open circuit, whose one call must tell what it is like; but the hedge may go past it.
                _index++;
                Skip(step, FailureKind.CircuitOpen, "half-open");
                (_passedOver ??= []).Enqueue(step);
                continue;
            }

            var now = context.TimeProvider.GetTimestamp();
            if (availability.IsAvailable
                && WhyNot(step) is null
                && (ladder.TimeShare.Slice(context, now, isLastModel: true, HasLocalStepBelow()) is null || !slow.Step.Hedging!.TryTakeFromBudget()))
            {
                return false;
            }

            _index++;
            if (TryAsk(step, AttemptRole.Hedge, now))
            {
                _events.Hedged(slow.Step.Endpoint, step.Endpoint);
                return true;
            }
        }

        return false;
    }

    /// <summary>Decides whether a model may be asked now, and with what; where not, notes why.</summary>
    private bool TryAsk(Step step, AttemptRole role, long now, bool takesSlow = false, bool takesTrial = false)
    {
        if (WhyNot(step) is { } reason)
        {
            Skip(step, FailureKind.Rejected, reason);
            return false;
        }

        _firstEligible ??= step;
        var availability = step.Availability?.Check() ?? Availability.Open;
        var isLastModel = !HasLaterModel() && _lastChoices is null or [];
        takesSlow |= availability.IsSlow && !availability.IsDrained && isLastModel;
        if (!availability.IsAvailable && !(availability.IsLastChoice && takesSlow) && !(availability.IsLeftToProbe && takesTrial))
        {
            NoteReopening(availability.ReopensIn);
            Skip(step, availability.Refusal!.Value, Why(availability));
            if (availability.IsLastChoice)
            {
                Postpone(step, availability.IsDrained);
            }
            else if (availability.IsLeftToProbe)
            {
                (_leftToProbe ??= []).Enqueue(step);
            }
            else if (role == AttemptRole.Hedge)
            {
                (_passedOver ??= []).Enqueue(step);
            }

            return false;
        }

        if (ladder.TimeShare.Slice(context, now, isLastModel, HasLocalStepBelow()) is not { } deadline)
        {
            Skip(step, FailureKind.Rejected, "no time left");
            return false;
        }

        if (availability.NeedsReservation && !step.Availability!.TryReserve(context))
        {
            Skip(step, FailureKind.CircuitOpen, "probe in progress");
            return false;
        }

        try
        {
            Prepare(step, new(step.Endpoint, deadline, isLastModel, takesSlow), role, availability.NeedsReservation);
            return true;
        }
        catch (Exception exception) when (StepsDown(new(step, options, messages, role, _modelsCalled == 1), exception) || role == AttemptRole.Hedge)
        {
            // ConfigureOptions is code of the application: where it fails for one model, the next may still answer, and the slow one that was to get company.
            return false;
        }
    }

    /// <summary>Keeps a model for when nobody better is left: those that are slow, and behind them those whose region is drained.</summary>
    private void Postpone(Step step, bool isDrained)
    {
        _lastChoices ??= [];
        if (isDrained)
        {
            _lastChoices.Add(step);
        }
        else
        {
            _lastChoices.Insert(_slowChoices++, step);
        }
    }

    /// <summary>A model that was passed over because it is slow or its region is drained, when nobody better is left: better late, or there, than never.</summary>
    private bool TryAskLastChoice()
    {
        while (_lastChoices is [var step, ..] && !HasLaterModel())
        {
            _lastChoices.RemoveAt(0);
            _slowChoices = Math.Max(0, _slowChoices - 1);
            if (TryAsk(step, AttemptRole.Ordinary, context.Attempts.StartedAt, takesSlow: true))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A model that is about to be probed, when nothing else has answered, not even our own code: then the request finds out itself.</summary>
    private bool TryAskLeftToProbe()
    {
        while (_leftToProbe?.TryDequeue(out var step) == true)
        {
            if (TryAsk(step, AttemptRole.Ordinary, context.Attempts.StartedAt, takesTrial: true))
            {
                return true;
            }
        }

        return false;
    }

    private void Prepare(Step step, AttemptPlan plan, AttemptRole role, bool isProbe, RequestContext? ownContext = null)
    {
        _modelsCalled++;
        var own = options;
        var takesAll = TakesProviderFields(step);
        if (!takesAll || step.Configure is not null || ownContext is not null)
        {
            own = new(options) { Context = ownContext ?? context };
        }

        own.Attempt = plan;
        var portable = messages;
        if (!takesAll)
        {
            ProviderFields.Strip(own);
            if (step == _holder)
            {
                own.ConversationId = options.ConversationId;
                own.ContinuationToken = options.ContinuationToken;
            }

            portable = _portableMessages ??= ProviderFields.Strip(messages);
        }

        step.Configure?.Invoke(own);
        Attempt = new(step, own, portable, role, _modelsCalled == 1, isProbe);
    }
}
