using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A plain call to a model that others are asked in parallel with when it is slow. The first answer wins.</summary>
/// <remarks>
/// Nobody waits for those that lost: they are cancelled, and what they still come to is observed and dropped. Each runs on a token and a trace of its own, so that to its
/// circuit it looks like a caller who left. After J. Dean and L. Barroso, "The Tail at Scale" (CACM 56, 2013): hedged requests.
/// </remarks>
internal sealed class HedgedCall(LadderWalk walk, TimeSpan delay, CancellationToken cancellationToken)
{
    private readonly Race<Leg> _race = new(walk.Trace.TimeProvider);

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
                    Hedge(_running[^1].Step);
                }
                else if (leg.Response is { } response && !IsHedgeInVain(leg, response))
                {
                    walk.Step = leg.Step;
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
        leg.Step.Role == AttemptRole.Hedge && _running.Count > 1 && leg.Fails(HedgeVerdict.Of(response));

    /// <summary>Calls the model that the walk stands at. False: it has ended already.</summary>
    private bool Start()
    {
        var leg = new Leg(walk.Step, cancellationToken);
        _running.Add(leg);
        return !leg.RunAsync(_race).IsCompleted;
    }

    private void Hedge(in LadderStep slow)
    {
        if (!walk.TryHedge(slow))
        {
            return;
        }

        // From here on it is the new one's time that counts.
        _race.StopTimer();
        if (Start() && walk.Step.HedgeAfter is { } next)
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
        var failure = Abandoned.AsSeenBy(leg.Failure!, cancellationToken);
        if (_running.Count == 0)
        {
            // The ladder notes this one, and steps down.
            walk.Step = leg.Step;
            ExceptionDispatchInfo.Throw(failure);
        }

        if (walk.IsLeftBehind(cancellationToken) || (!walk.StepsDown(leg.Step, failure) && IsLastWord(leg.Step)))
        {
            IsSettled = true;
            ExceptionDispatchInfo.Throw(failure);
        }

        // Of those that go on the oldest is still as slow as it was when it got company.
        if (_running[0].Step.Rung.Hedging is not null && leg.Step.Role == AttemptRole.Hedge)
        {
            Hedge(_running[0].Step);
        }
    }

    private bool IsLastWord(in LadderStep failed)
    {
        foreach (var leg in _running)
        {
            if (walk.MayStillAnswer(leg.Step, failed))
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
                walk.Outrun(leg.Step, AttemptDelivery.Nothing);
            }

            leg.Cancel(walk.Trace.TimeProvider);
        }
    }

    private sealed class Leg : IDisposable
    {
        // Never disposed: the client may keep the token for longer than the call.
        private readonly CancellationTokenSource _source = new();
        private readonly CancellationTokenRegistration _registration;

        public Leg(in LadderStep step, CancellationToken callerToken)
        {
            _registration = callerToken.UnsafeRegister(static source => Abandoned.Cancel((CancellationTokenSource)source!), _source);
            Step = step.Apart(_source.Token);
        }

        public LadderStep Step { get; }

        public ChatResponse? Response { get; private set; }

        public Exception? Failure { get; private set; }

        /// <summary>Turns an answer into a failure; null leaves it.</summary>
        public bool Fails(Exception? verdict) => (Failure ??= verdict) is not null;

        public async Task RunAsync(Race<Leg> race)
        {
            try
            {
                Response = await FallbackChatClient.Call(Step, _source.Token).ConfigureAwait(false);
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

        public void Cancel(TimeProvider timeProvider) => Abandoned.Cancel(_source, timeProvider);
    }
}
