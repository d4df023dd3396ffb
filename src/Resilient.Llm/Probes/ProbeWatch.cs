using Resilient.Llm.Shared;

namespace Resilient.Llm.Probes;

/// <summary>One run of the probes: looks round at intervals, and wherever a break ends.</summary>
/// <remarks>
/// One timer, armed for the next look or the next end of a break, whichever is sooner. A circuit that opens in between brings it forward: on the path of the request that opened it, so nothing
/// more happens there. Probes set out on the timer's thread and are not waited for: a slow one holds up no other.
/// </remarks>
internal sealed class ProbeWatch : IDisposable
{
    /// <summary>How long after the end of a break requests leave the trial to the probe. A timer may be late in a busy process; a probe without budget does not come at all.</summary>
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
        _timer = plan.TimeProvider.CreateTimer(static watch => ((ProbeWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _nextLook = plan.TimeProvider.TimestampIn(plan.Options.Interval * randomness());
    }

    /// <summary>Runs until it is told to stop, and the last probe has ended.</summary>
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

    /// <summary>Lets requests find out for themselves again. Idempotent.</summary>
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

    /// <summary>
    /// Probes the endpoints of which that is due. Those that users are waiting for come first, in case the budget does not suffice.
    /// </summary>
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
            // Not waited for here: RunAsync waits at its end.
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
            // A clock or a randomness of the application's; on a timer's thread it would end the process.
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
