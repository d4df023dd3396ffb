using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>One request's way down the ladder: which rung is next, with what, for how long, and what a failure there means.</summary>
/// <remarks>Not thread-safe: attempts may overlap, but what they come to is told here one after the other.</remarks>
internal sealed partial class LadderWalk(Ladder ladder, RequestTrace trace, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages)
{
    private readonly Rung[] _rungs = ladder.RungsFor(trace, options);
    private readonly ChatEvents _events = ladder.Events;
    private int _index = -1;
    private int _modelsCalled;
    private bool _isFirstMove = true;

    // The first that may be asked at all: for the audit, an answer of anybody else is a failover.
    private Rung? _firstEligible;
    private List<Rung>? _lastChoices;
    private int _slowChoices;

    // Unavailable or half-open when a hedge was looked for. When the slow model has failed in the end, they may be back.
    private Queue<Rung>? _passedOver;

    // About to be probed when they were looked at. Where nobody else answers, the request does it itself.
    private Queue<Rung>? _leftToProbe;
    private IReadOnlyList<ChatMessage>? _portableMessages;

    /// <summary>The rung to ask now, or the one that answered.</summary>
    public LadderStep Step { get; set; }

    public RequestTrace Trace => trace;

    /// <summary>
    /// Whether a layer above has given this walk up, as one does when a ladder stands below somebody's time limit. Then another attempt may be under way: the trace
    /// is no longer ours to write, and nobody waits for another rung.
    /// </summary>
    /// <param name="received">The token that this ladder was called with.</param>
    public bool IsLeftBehind(CancellationToken received) => received.IsCancellationRequested && received != trace.CallerToken;

    /// <summary>Finds the next rung worth asking; notes why others were passed over. False when there is none left.</summary>
    public bool MoveNext()
    {
        if (!_isFirstMove)
        {
            trace.BeginAttempt();
        }

        _isFirstMove = false;
        while (_passedOver?.TryDequeue(out var again) == true)
        {
            if (TryAsk(again, AttemptRole.Ordinary, trace.AttemptStartedAt))
            {
                return true;
            }
        }

        while (++_index < _rungs.Length)
        {
            var rung = _rungs[_index];
            if (rung.Level > 0 && !options.AllowFallback)
            {
                break;
            }

            if (rung.Local is null)
            {
                if (TryAsk(rung, AttemptRole.Ordinary, trace.AttemptStartedAt))
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

            if (trace.IsContinuation)
            {
                // We are a model of another ladder, which has a broken answer in its hands.
                Skip(rung, FailureKind.Rejected, "cannot continue an answer");
                continue;
            }

            Step = new(rung, options, messages, AttemptRole.Ordinary);
            return true;
        }

        return TryAskLastChoice() || TryAskLeftToProbe();
    }

    /// <summary>Finds another model to ask while one that is slow goes on. False, and nothing changed, when there is none, or no extra call left.</summary>
    /// <param name="slow">The attempt that keeps the caller waiting: the extra call is its endpoint's.</param>
    public bool TryHedge(in LadderStep slow)
    {
        while (_index + 1 < _rungs.Length)
        {
            var rung = _rungs[_index + 1];
            if (rung.Level > 0 && !options.AllowFallback)
            {
                return false;
            }

            var availability = rung.Local is null ? rung.Availability?.Check() ?? Availability.Open : default;
            if (rung.Local is not null || (availability.IsSlow && !availability.IsDrained))
            {
                // Never onto another slow one.
                return false;
            }

            if (availability.NeedsReservation && !availability.IsDrained)
            {
                // Never onto a half-open circuit, whose one call must tell what it is like; but the hedge may go past it.
                _index++;
                Skip(rung, FailureKind.CircuitOpen, "half-open");
                (_passedOver ??= []).Enqueue(rung);
                continue;
            }

            var now = trace.TimeProvider.GetTimestamp();
            if (availability.IsAvailable
                && WhyNot(rung) is null
                && (ladder.TimeShare.Slice(trace, now, isLastModel: true, HasLocalRungBelow()) is null || !slow.Rung.Hedging!.TryTakeExtraCall()))
            {
                return false;
            }

            _index++;
            if (TryAsk(rung, AttemptRole.Hedge, now))
            {
                _events.Hedged(slow.Rung.Endpoint, rung.Endpoint);
                return true;
            }
        }

        return false;
    }

    /// <summary>Decides whether a model may be asked now, and with what; where not, notes why.</summary>
    private bool TryAsk(Rung rung, AttemptRole role, long now, bool takesSlow = false, bool takesTrial = false)
    {
        if (WhyNot(rung) is { } reason)
        {
            Skip(rung, FailureKind.Rejected, reason);
            return false;
        }

        _firstEligible ??= rung;
        var availability = rung.Availability?.Check() ?? Availability.Open;
        var isLastModel = !HasLaterModel() && _lastChoices is null or [];
        takesSlow |= availability.IsSlow && !availability.IsDrained && isLastModel;
        if (!availability.IsAvailable && !(availability.IsLastChoice && takesSlow) && !(availability.IsLeftToProbe && takesTrial))
        {
            NoteReopening(availability.ReopensIn);
            Skip(rung, availability.Refusal!.Value, Why(availability));
            if (availability.IsLastChoice)
            {
                Postpone(rung, availability.IsDrained);
            }
            else if (availability.IsLeftToProbe)
            {
                (_leftToProbe ??= []).Enqueue(rung);
            }
            else if (role == AttemptRole.Hedge)
            {
                (_passedOver ??= []).Enqueue(rung);
            }

            return false;
        }

        if (ladder.TimeShare.Slice(trace, now, isLastModel, HasLocalRungBelow()) is not { } deadline)
        {
            Skip(rung, FailureKind.Rejected, "no time left");
            return false;
        }

        if (availability.NeedsReservation && !rung.Availability!.TryReserve(trace))
        {
            Skip(rung, FailureKind.CircuitOpen, "probe in progress");
            return false;
        }

        try
        {
            Prepare(rung, new(rung.Endpoint, deadline, isLastModel, takesSlow), role, availability.NeedsReservation);
            return true;
        }
        catch (Exception exception) when (StepsDown(new(rung, options, messages, role, _modelsCalled == 1), exception) || role == AttemptRole.Hedge)
        {
            // ConfigureOptions is code of the application: where it fails for one model, the next may still answer, and the slow one that was to get company.
            return false;
        }
    }

    /// <summary>Keeps a model for when nobody better is left: those that are slow, and behind them those whose region is drained.</summary>
    private void Postpone(Rung rung, bool isDrained)
    {
        _lastChoices ??= [];
        if (isDrained)
        {
            _lastChoices.Add(rung);
        }
        else
        {
            _lastChoices.Insert(_slowChoices++, rung);
        }
    }

    /// <summary>A model that was passed over because it is slow or its region is drained, when nobody better is left: better late, or there, than never.</summary>
    private bool TryAskLastChoice()
    {
        while (_lastChoices is [var rung, ..] && !HasLaterModel())
        {
            _lastChoices.RemoveAt(0);
            _slowChoices = Math.Max(0, _slowChoices - 1);
            if (TryAsk(rung, AttemptRole.Ordinary, trace.AttemptStartedAt, takesSlow: true))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A model that is about to be probed, when nothing else has answered, not even our own code: then the request finds out itself.</summary>
    private bool TryAskLeftToProbe()
    {
        while (_leftToProbe?.TryDequeue(out var rung) == true)
        {
            if (TryAsk(rung, AttemptRole.Ordinary, trace.AttemptStartedAt, takesTrial: true))
            {
                return true;
            }
        }

        return false;
    }

    private void Prepare(Rung rung, AttemptPlan plan, AttemptRole role, bool isProbe, RequestTrace? ownTrace = null)
    {
        _modelsCalled++;
        var own = options;
        var takesAll = TakesProviderFields(rung);
        if (!takesAll || rung.Configure is not null || ownTrace is not null)
        {
            own = new(options) { Trace = ownTrace ?? trace };
        }

        own.Attempt = plan;
        var portable = messages;
        if (!takesAll)
        {
            ProviderFields.Strip(own);
            if (rung == _holder)
            {
                own.ConversationId = options.ConversationId;
                own.ContinuationToken = options.ContinuationToken;
            }

            portable = _portableMessages ??= ProviderFields.Strip(messages);
        }

        rung.Configure?.Invoke(own);
        Step = new(rung, own, portable, role, _modelsCalled == 1, isProbe);
    }
}
