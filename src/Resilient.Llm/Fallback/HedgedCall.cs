using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>A plain call to a model that others are asked in parallel with when it is slow. The first answer wins.</summary>
/// <remarks>
/// Nobody waits for those that lost: they are cancelled, and what they still come to is observed and dropped. Each runs on a token and a trace of its own, so that to its
/// circuit it looks like a caller who left. After J. Dean and L. Barroso, "The Tail at Scale" (CACM 56, 2013): hedged requests.
/// </remarks>
internal sealed class HedgedCall(CandidateSelector walk, TimeSpan delay, CancellationToken cancellationToken)
{
    private readonly Race<Leg> _race = new(walk.Context.TimeProvider);

    // In the order in which they were asked.
    private readonly List<Leg> _running = new(2);

    /// <summary>Whether the failure that came out of the race belongs to the caller as it is.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Runs the race. Afterwards the walk stands at the step that answered, or at the last one that failed.</summary>
    public async Task<ChatResponse> RunAsync()
    {
        try
        {
            if (Start())
            {
                _race.ReportIn(delay);
            }

            while (true)
            {
                if (await _race.NextAsync().ConfigureAwait(false) is not { } leg)
                {
                    Hedge(_running[^1].Attempt);
                }
                else if (leg.Response is { } response && !IsHedgeInVain(leg, response))
                {
                    walk.Attempt = leg.Attempt;
                    _running.Remove(leg);
                    return response;
                }
                else
                {
                    Failed(leg);
                }
            }
        }
        finally
        {
            End();
        }
    }

    private bool IsHedgeInVain(Leg leg, ChatResponse response) =>
        leg.Attempt.Role == AttemptRole.Hedge && _running.Count > 1 && leg.Fails(HedgeResultFilter.Of(response));

    /// <summary>Calls the model that the walk stands at. False: it has ended already.</summary>
    private bool Start()
    {
        var leg = new Leg(walk.Attempt, cancellationToken);
        _running.Add(leg);
        return !leg.RunAsync(_race).IsCompleted;
    }

    private void Hedge(in Attempt slow)
    {
        if (!walk.TryHedge(slow))
        {
            return;
        }

        // From here on it is the new one's time that counts.
        _race.StopTimer();
        if (Start() && walk.Attempt.HedgeAfter is { } next)
        {
            _race.ReportIn(next);
        }
    }

    private void Failed(Leg leg)
    {
        if (leg == _running[^1])
        {
            _race.StopTimer();
        }

        _running.Remove(leg);
        var failure = DetachedWork.AsSeenBy(leg.Failure!, cancellationToken);
        if (_running.Count == 0)
        {
            // The ladder notes this one, and steps down.
            walk.Attempt = leg.Attempt;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (walk.IsLeftBehind(cancellationToken) || (!walk.StepsDown(leg.Attempt, failure) && IsLastWord(leg.Attempt)))
        {
            IsSettled = true;
            ExceptionDispatchInfo.Throw(failure);
        }

        // Of those that go on the oldest is still as slow as it was when it got company.
        if (_running[0].Attempt.Step.Hedging is not null && leg.Attempt.Role == AttemptRole.Hedge)
        {
            Hedge(_running[0].Attempt);
        }
    }

    private bool IsLastWord(in Attempt failed)
    {
        foreach (var leg in _running)
        {
            if (walk.MayStillAnswer(leg.Attempt, failed))
            {
                return false;
            }
        }

        return true;
    }

    private void End()
    {
        _race.Close();
        foreach (var leg in _running)
        {
            if (!walk.IsLeftBehind(cancellationToken))
            {
                walk.Outrun(leg.Attempt, AttemptDelivery.Nothing);
            }

            leg.Cancel(walk.Context.TimeProvider);
        }
    }

    private sealed class Leg : IDisposable
    {
        // Never disposed: the client may keep the token for longer than the call.
        private readonly CancellationTokenSource _source = new();
        private readonly CancellationTokenRegistration _registration;

        public Leg(in Attempt attempt, CancellationToken callerToken)
        {
            _registration = callerToken.UnsafeRegister(static source => DetachedWork.Cancel((CancellationTokenSource)source!), _source);
            Attempt = attempt.Apart(_source.Token);
        }

        public Attempt Attempt { get; }

        public ChatResponse? Response { get; private set; }

        public Exception? Failure { get; private set; }

        /// <summary>Turns an answer into a failure; null leaves it.</summary>
        public bool Fails(Exception? verdict) => (Failure ??= verdict) is not null;

        public async Task RunAsync(Race<Leg> race)
        {
            try
            {
                Response = await FallbackChatClient.Call(Attempt, _source.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Failure = exception;
            }

            Dispose();
            race.Report(this);
        }

        /// <summary>Lets go of the caller's token, which may live for as long as the application.</summary>
        public void Dispose() => _registration.Unregister();

        public void Cancel(TimeProvider timeProvider) => DetachedWork.Cancel(_source, timeProvider);
    }
}
