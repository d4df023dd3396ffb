using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Whose fault it is that the best step refused a request: the caller's, or the endpoint's, which refuses every request.</summary>
/// <remarks>
/// One for each request that is in doubt; a request whose endpoint is not suspect has none. The evidence is a sibling's verdict on the same
/// request or, where there is no sibling, the endpoint's own on a minimal question: one extra call either way. Another model's answer
/// helps the caller and proves nothing: the request may suit only that one.
/// </remarks>
internal sealed class RefusalInquiry
{
    private readonly CandidateSelector _selector;

    private RefusalInquiry(CandidateSelector selector, Step step, AttemptFailure refusal)
    {
        _selector = selector;
        Step = step;
        Refusal = refusal;
    }

    private enum Stage
    {
        /// <summary>The endpoint is to be asked a question of our own.</summary>
        NeedsProbe,

        /// <summary>Another endpoint is asked the same.</summary>
        Offered,

        /// <summary>The request was refused by another endpoint as well, or there is no way to know: the caller's fault.</summary>
        Confirmed,

        /// <summary>The endpoint's fault.</summary>
        Proven,
    }

    /// <summary>The endpoint in doubt.</summary>
    public Step Step { get; }

    /// <summary>Its refusal, which goes to the caller as it came if it stands.</summary>
    public AttemptFailure Refusal { get; }

    public bool NeedsProbe => State == Stage.NeedsProbe;

    /// <summary>Whether the request was offered to another endpoint, and none has answered or refused it yet.</summary>
    public bool IsPending => State == Stage.Offered;

    public bool IsConfirmed => State == Stage.Confirmed;

    private Stage State { get; set; }

    /// <summary>Notes that an endpoint refused a request.</summary>
    public static void Note(in Attempt attempt) => attempt.Step.Refusals?.NoteRefused(RequestHash.Of(attempt.Messages, attempt.Options));

    /// <summary>Decides about a refusal: true to step down, false to give it to the caller, null where the usual rule decides.</summary>
    /// <param name="selector">The request's selector.</param>
    /// <param name="inquiry">The request's inquiry; null if there is none yet.</param>
    /// <param name="attempt">The attempt that was refused.</param>
    /// <param name="failure">Its failure.</param>
    /// <param name="beside">Another step that is being asked already; null if there is none.</param>
    /// <param name="siblingsOnly">Whether only a sibling may be asked: other ways come later.</param>
    public static bool? StepsDown(
        CandidateSelector selector,
        ref RefusalInquiry? inquiry,
        in Attempt attempt,
        AttemptFailure failure,
        Step? beside,
        bool siblingsOnly)
    {
        if (attempt.Step.Refusals is not { } watch)
        {
            return null;
        }

        if (inquiry is not null)
        {
            return inquiry.StepsDownAgain(attempt.Step);
        }

        if (!attempt.IsFirst || selector.Request.Options.IsBound)
        {
            return null;
        }

        var isPage = failure.Classify(attempt.Step.Classifier, selector.Request.Context.CallerToken).IsPage;
        var now = attempt.Step.Check();
        if (!watch.IsSuspect && !isPage && !now.IsForRefusals)
        {
            return null;
        }

        var own = new RefusalInquiry(selector, attempt.Step, failure);
        if (own.Begin(watch, now, beside, siblingsOnly, isPage) is not { } stage)
        {
            return null;
        }

        own.State = stage;
        inquiry = own;
        return stage != Stage.NeedsProbe;
    }

    /// <summary>Asks the question of our own. True: it was refused too, so the endpoint's circuit is open now.</summary>
    public async ValueTask<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        var isRefused = await RefusalProbe.IsRefusedAsync(_selector.Request, Step, cancellationToken).ConfigureAwait(false);
        if (!isRefused || _selector.Request.Context.IsCancelledByCaller || _selector.Request.IsLeftBehind(cancellationToken))
        {
            State = Stage.Confirmed;
            return false;
        }

        _selector.Eligibility.ForgetTooSmallWindows();
        Step.Availability!.OpenForRefusals();
        State = Prove(Step.Check());
        return true;
    }

    private Stage? Begin(RefusalWatch watch, in Availability now, Step? beside, bool siblingsOnly, bool isPage)
    {
        if (now.IsForRefusals)
        {
            // It was found out before: a trial, or a call from before that.
            return Prove(now);
        }

        if (beside is not null)
        {
            return beside.Level == Step.Level ? Offer() : null;
        }

        if (_selector.HasLaterModel(Step.Level))
        {
            return Step.RetryBudget?.TryTake() != false ? Offer() : null;
        }

        if (siblingsOnly)
        {
            return null;
        }

        if (watch.IsSuspect && Step.Availability is not null && watch.TryBeginProbe())
        {
            return Stage.NeedsProbe;
        }

        if (isPage)
        {
            // What refused it for its length has not read it.
            _selector.Eligibility.ForgetTooSmallWindows();
        }

        return _selector.HasLaterModel() && Step.RetryBudget?.TryTake() != false ? Offer() : null;
    }

    private Stage Offer()
    {
        _selector.Recorder.Doubted = Step;
        return Stage.Offered;
    }

    private Stage Prove(in Availability now)
    {
        _selector.Recorder.NoteClosed(now);
        return Stage.Proven;
    }

    /// <summary>Another step refuses the request as well.</summary>
    private bool? StepsDownAgain(Step step)
    {
        if (State == Stage.Offered || (State == Stage.Proven && step.Level == Step.Level))
        {
            State = Stage.Confirmed;
            return false;
        }

        return State == Stage.Confirmed ? false : null;
    }
}
