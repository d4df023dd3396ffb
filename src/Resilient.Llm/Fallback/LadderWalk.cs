using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>One request's way down the ladder: which rung is next, with what, for how long, and what a failure there means.</summary>
/// <remarks>Used by one attempt at a time.</remarks>
internal sealed partial class LadderWalk(Rung[] rungs, TimeShare timeShare, RequestTrace trace, ResilientChatOptions options, IReadOnlyList<ChatMessage> messages, ChatEvents events)
{
    private int _index = -1;
    private int _modelsCalled;
    private int? _windowTooSmall;
    private bool _isContextTooLong;
    private bool _wasRefusedByResidency;
    private FailureKind _lastKind = FailureKind.Rejected;
    private Exception? _first;
    private Exception? _last;
    private TimeSpan? _retryAfter;
    private IReadOnlyList<ChatMessage>? _portableMessages;

    /// <summary>The rung to ask now.</summary>
    public Rung Rung => rungs[_index];

    /// <summary>The options for it.</summary>
    public ResilientChatOptions Options { get; private set; } = null!;

    /// <summary>The messages for it.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; private set; } = null!;

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
        if (_index >= 0)
        {
            trace.BeginAttempt();
        }

        while (++_index < rungs.Length)
        {
            if (_index > 0 && !options.AllowFallback)
            {
                break;
            }

            var rung = Rung;
            if (rung.Local is not null)
            {
                Options = options;
                Messages = messages;
                return true;
            }

            if (WhyNot(rung) is { } reason)
            {
                Skip(rung, FailureKind.Rejected, reason);
                continue;
            }

            var availability = rung.Availability?.Check() ?? Availability.Open;
            if (!availability.IsAvailable)
            {
                NoteReopening(availability.ReopensIn);
                Skip(rung, availability.Refusal!.Value, Why(availability));
                continue;
            }

            var isLastModel = !HasLaterModel();
            if (timeShare.Slice(trace, isLastModel, HasLocalRungBelow()) is not { } deadline)
            {
                Skip(rung, FailureKind.Rejected, "no time left");
                continue;
            }

            if (availability.NeedsReservation && !rung.Availability!.TryReserve(trace))
            {
                Skip(rung, FailureKind.CircuitOpen, "probe in progress");
                continue;
            }

            try
            {
                Prepare(rung, new(rung.Endpoint, deadline, isLastModel));
                return true;
            }
            catch (Exception exception) when (StepsDown(exception))
            {
                // ConfigureOptions is code of the application: where it fails for one model, the next may still answer.
            }
        }

        return false;
    }

    /// <summary>The rung answered.</summary>
    /// <param name="age">Of a stored answer.</param>
    public void Answered(TimeSpan? age = null)
    {
        var rung = Rung;
        trace.ReleaseReservation();
        trace.Source = rung.Local?.Source ?? AnswerSource.Model;
        trace.ServedBy = rung.Name;
        trace.Endpoint = rung.Endpoint;
        trace.IsDegraded = _index > 0;
        trace.AnswerAge = age;
        trace.EndAttempt(rung.Name, rung.Endpoint, null);
    }

    /// <summary>A model answered; where it is a ladder itself, perhaps without any model.</summary>
    /// <param name="inner">The report of the ladder within. Its stored answer or last resort must not pass for what a model said: neither with the caller nor in the store.</param>
    public void AnsweredByModel(ResilienceReport? inner)
    {
        Answered();
        if (inner is { Source: AnswerSource.Cache or AnswerSource.LastResort })
        {
            trace.Source = inner.Source;
            trace.AnswerAge = inner.AnswerAge;
            trace.IsDegraded |= inner.IsDegraded;
        }
    }

    /// <summary>A local rung had nothing to say.</summary>
    public void Declined()
    {
        var rung = Rung;
        trace.Add(new() { Candidate = rung.Name, SkipReason = rung.Local!.Source == AnswerSource.Cache ? "no stored answer" : "unfit format" });
    }

    /// <summary>The rung failed. True: go on with the next. False: the failure belongs to the caller as it came.</summary>
    public bool StepsDown(Exception exception)
    {
        var rung = Rung;
        trace.ReleaseReservation();
        var failure = rung.Classifier.Classify(exception, trace.CallerToken);
        trace.EndAttempt(rung.Name, rung.Endpoint, failure.Kind, exception);
        events.Failed(rung.Name, rung.Endpoint, failure.Kind, exception);
        _first ??= exception;
        _last = exception;
        _lastKind = failure.Kind;
        NoteReopening(failure.RetryAfter);
        var stepsDown = failure.Kind switch
        {
            FailureKind.Cancelled => false,
            _ when rung.Classifier.IsOverridden(failure.Kind) => rung.Classifier.ReactionTo(failure.Kind).StepDown,

            // From the first model these are the caller's to mend; from a lower one they only say that it cannot take over.
            FailureKind.InvalidRequest => _modelsCalled > 1,
            FailureKind.ContextTooLong => StepsToLargerModel(rung),
            _ => rung.Classifier.ReactionTo(failure.Kind).StepDown,
        };
        if (stepsDown)
        {
            events.FellBack(rung.Name, failure.Kind, exception);
        }

        return stepsDown;
    }

    /// <summary>A stream broke after content had reached the caller.</summary>
    public FailureKind Interrupted(Exception exception)
    {
        var kind = Rung.Classifier.Classify(exception, trace.CallerToken).Kind;
        trace.InterruptAttempt(kind, exception);
        events.Failed(Rung.Name, Rung.Endpoint, kind, exception);
        return kind;
    }

    /// <summary>What to throw when no rung is left.</summary>
    public Exception Exhausted()
    {
        if (_modelsCalled == 0 && _wasRefusedByResidency)
        {
            return new DataResidencyException(
                $"No model that is available lies where the request's data may go ({trace.Residency}), and nothing below the models answered. "
                + "Nothing was sent. Add an endpoint there, or declare where the endpoints lie with InRegion(region, geography).",
                trace.Residency);
        }

        var report = trace.ToReport(withAttempts: true);
        var tried = string.Join(", ", report.Attempts.Select(static a => $"{a.Candidate}: {a.SkipReason ?? a.Failure?.ToString()}"));
        return new ChatUnavailableException($"No rung of the ladder answered ({tried}).", _lastKind, report, _first, _last) { RetryAfter = _retryAfter };
    }

    private void Prepare(Rung rung, AttemptPlan plan)
    {
        _modelsCalled++;
        var takesAll = TakesProviderFields(rung);
        if (takesAll && rung.Configure is null)
        {
            options.Attempt = plan;
            Options = options;
            Messages = messages;
            return;
        }

        var own = new ResilientChatOptions(options) { Attempt = plan };
        if (takesAll)
        {
            Messages = messages;
        }
        else
        {
            ProviderFields.Strip(own);
            Messages = _portableMessages ??= ProviderFields.Strip(messages);
        }

        rung.Configure?.Invoke(own);
        Options = own;
    }

    private void Skip(Rung rung, FailureKind kind, string reason)
    {
        // The kind of the whole is that of the last model that was asked; only when none was does the reason for that say more.
        _lastKind = _modelsCalled == 0 ? kind : _lastKind;
        trace.Add(new() { Candidate = rung.Name, Endpoint = rung.Endpoint.Endpoint, Failure = kind, SkipReason = reason });
        events.PassedOver(rung.Name, kind, reason);
    }

    private static string Why(Availability availability) =>
        availability.IsIsolated ? "isolated" : availability.Refusal == FailureKind.CircuitOpen ? "circuit open" : "rate limited";

    private void NoteReopening(TimeSpan? after)
    {
        if (after is not null && !(after > _retryAfter))
        {
            _retryAfter = after;
        }
    }
}
