using Resilient.Llm.Shared;

namespace Resilient.Llm.Probes;

/// <summary>One run of the probes: checks the endpoints at intervals and when a break ends.</summary>
/// <remarks>
/// One timer, armed for the next check or the next end of a break. A circuit that opens only re-arms it, since that happens on a request's
/// path. Probes start on the timer's thread and are not awaited: a slow one does not delay others.
/// </remarks>
internal sealed class ProbeWatch : IDisposable
{
    /// <summary>How long after a break requests leave the trial to the probe: timers may be late, and the budget may be spent.</summary>
    public static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly ProbedEndpoint[] _endpoints;
    private readonly ProbePlan _plan;
    private readonly Func<double> _randomness;
    private readonly CancellationToken _stopping;
    private readonly Action<CircuitTransition> _onTransition;
    private readonly ITimer _timer;
    private long _nextLook;
    private bool _hasEnded;

    public ProbeWatch(ProbedEndpoint[] endpoints, ProbePlan plan, Func<double> randomness, CancellationToken stopping)
    {
        _endpoints = endpoints;
        _plan = plan;
        _randomness = randomness;
        _stopping = stopping;
        _onTransition = transition =>
        {
            if (transition.BreakDuration is not null)
            {
                Arm();
            }
        };
        _timer = plan.TimeProvider.CreateTimer(
            static watch => ((ProbeWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _nextLook = plan.TimeProvider.TimestampIn(plan.Options.Interval * randomness());
    }

    /// <summary>Runs until it is stopped and the last probe has ended.</summary>
    public async Task RunAsync()
    {
        foreach (var endpoint in _endpoints)
        {
            endpoint.Breaker.Transitioned += _onTransition;
            endpoint.Breaker.GiveProbesHeadStart(HeadStart);
        }

        Arm();
        var stopped = new TaskCompletionSource();
        using (_stopping.UnsafeRegister(static stopped => ((TaskCompletionSource)stopped!).TrySetResult(), stopped))
        {
            await stopped.Task.ConfigureAwait(false);
        }

        Dispose();
        await Task.WhenAll(_endpoints.Select(static endpoint => endpoint.Current)).ConfigureAwait(false);
    }

    /// <summary>Ends the head start, so that requests try endpoints themselves. Idempotent.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            _timer.Dispose();
        }

        foreach (var endpoint in _endpoints)
        {
            endpoint.Breaker.Transitioned -= _onTransition;
            endpoint.Breaker.GiveProbesHeadStart(TimeSpan.Zero);
        }
    }

    /// <summary>Makes the probes that are due, first those that requests need, in case the budget is too small.</summary>
    /// <returns>In the order of the endpoints; null for those that were not probed.</returns>
    public static Task<ChatProbeResult?[]> ProbeDue(ProbedEndpoint[] endpoints, CancellationToken stopping)
    {
        var probes = new Task<ChatProbeResult?>[endpoints.Length];
        for (var i = 0; i < endpoints.Length; i++)
        {
            probes[i] = endpoints[i].Due() == ChatProbeReason.BreakEnded ? endpoints[i].TryProbe(stopping) : null!;
        }

        for (var i = 0; i < endpoints.Length; i++)
        {
            probes[i] ??= endpoints[i].TryProbe(stopping);
        }

        return Task.WhenAll(probes);
    }

    private void Look()
    {
        try
        {
            // Not awaited here: RunAsync waits at its end.
            _ = ProbeDue(_endpoints, _stopping);
            lock (_lock)
            {
                if (_plan.TimeProvider.GetTimestamp() >= _nextLook)
                {
                    _nextLook = _plan.TimeProvider.TimestampIn(_plan.Options.Interval * (0.5 + _randomness()));
                }
            }

            Arm();
        }
        catch (Exception exception)
        {
            // Thrown by the application's clock or randomizer; on a timer's thread it would end the process.
            _plan.Events.ProbesFailed(exception);
            lock (_lock)
            {
                if (!_hasEnded)
                {
                    _timer.Change(_plan.Options.Interval, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    private void Arm()
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            var next = _nextLook;
            foreach (var endpoint in _endpoints)
            {
                if (endpoint.Breaker.BreakEndsAt is { } end && end < next)
                {
                    next = end;
                }
            }

            _timer.Change(_plan.TimeProvider.TimeUntil(next), Timeout.InfiniteTimeSpan);
        }
    }
}
