using Resilient.Llm.Requests;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>A plain call in a race, with its own token and request context: its cancellation must look like a caller's.</summary>
internal sealed class CallRunner : IRaceRunner<CallRunner>, IDisposable
{
    // Never disposed: the client may keep the token longer than the call.
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _registration;
    private CallOutcome _outcome;
    private volatile bool _hasEnded;

    private CallRunner(in Attempt attempt, CancellationToken received)
    {
        _registration = received.UnsafeRegister(static source => DetachedWork.Cancel((CancellationTokenSource)source!), _source);
        Attempt = attempt.Apart(_source.Token);
    }

    public Attempt Attempt { get; }

    public Exception? Failure { get; private set; }

    public bool HasAnswered => _hasEnded && _outcome.Failure is null;

    public AttemptDelivery Delivered => AttemptDelivery.Nothing;

    public static CallRunner Create(in Attempt attempt, CancellationToken callerToken, CancellationToken received) =>
        new(attempt, received);

    /// <summary>Runs a whole race. Afterwards the selector is at the attempt that answered, or at the last one that failed.</summary>
    public static async Task<CallOutcome> RunAsync(AttemptRace<CallRunner> race, CandidateSelector selector)
    {
        try
        {
            return (await race.NextAsync().ConfigureAwait(false))._outcome;
        }
        catch (Exception exception)
        {
            race.NoteOutrun();
            race.Abandon();
            return new((race.IsSettled ? selector.Request.Context : selector.Attempt.Context).FailureOf(exception));
        }
    }

    public async Task RunAsync(RaceSignal<CallRunner> signal, bool isLeader)
    {
        try
        {
            _outcome = (await Attempt.TryCallAsync(_source.Token).ConfigureAwait(false)).OrMissing();
        }
        catch (Exception exception)
        {
            // Application code in a layer threw. Without a report the race would wait forever.
            _outcome = new(exception);
        }

        if (_outcome.Failure is { } failure)
        {
            Attempt.Context.Failure = failure;
            Failure = failure.Exception;
        }

        Dispose();
        _hasEnded = true;
        signal.Report(this);
    }

    /// <summary>Unregisters from the caller's token, which may live as long as the application.</summary>
    public void Dispose() => _registration.Unregister();

    public bool RejectAsHedge() => (Failure = HedgeResultFilter.Of(_outcome.Response!)) is not null;

    public void Abandon()
    {
        if (!_hasEnded)
        {
            DetachedWork.Cancel(_source, Attempt.Context.TimeProvider);
        }
    }
}
