using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A circuit on a manual clock, without jitter unless asked for, that remembers its transitions.</summary>
internal sealed class CircuitHarness
{
    private readonly List<CircuitTransition> _transitions = [];

    public CircuitHarness(Action<ChatCircuitBreakerOptions>? configure = null, Func<double>? randomness = null)
    {
        configure?.Invoke(Options);
        Breaker = new(Options, Clock, randomness ?? (static () => 0));
        Breaker.Transitioned += _transitions.Add;
    }

    public ManualTimeProvider Clock { get; } = new();

    public ChatCircuitBreakerOptions Options { get; } = new();

    public CircuitBreaker Breaker { get; }

    public IReadOnlyList<CircuitTransition> Transitions => _transitions;

    public static CircuitHarness PureCount(Action<ChatCircuitBreakerOptions>? configure = null) => new(o =>
    {
        o.CountOnly(5, TimeSpan.FromSeconds(10), null);
        configure?.Invoke(o);
    });

    public void Advance(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>A circuit to which two seconds are slow.</summary>
    public static CircuitHarness WithSlowCalls(Action<ChatCircuitBreakerOptions>? configure = null) => new(o =>
    {
        o.SlowCallDuration = TimeSpan.FromSeconds(2);
        configure?.Invoke(o);
    });

    /// <summary>A call that does not end at once.</summary>
    public CircuitPermit Pend(bool isStreaming = false)
    {
        var permit = Enter();
        Breaker.Watch(ref permit, Clock.GetTimestamp(), isStreaming);
        return permit;
    }

    public CircuitPermit[] Pend(int times) => [.. Enumerable.Range(0, times).Select(_ => Pend())];

    /// <summary>Opens the circuit by slow calls alone.</summary>
    public CircuitHarness OpenedForSlowness()
    {
        Pend(Options.FailureThreshold);
        Clock.Advance(Options.SlowCallDuration!.Value);
        Assert.Equal((CircuitState.Open, true), (Breaker.State, Breaker.Check().IsSlow));
        return this;
    }

    public CircuitPermit EnterLate()
    {
        Assert.True(Breaker.TryEnter(null, takesSlow: true, out var permit));
        return permit;
    }

    public CircuitPermit Enter()
    {
        Assert.True(Breaker.TryEnter(out var permit));
        return permit;
    }

    public CircuitPermit EnterAsProbe()
    {
        var permit = Enter();
        Assert.True(permit.IsProbe);
        return permit;
    }

    public void Fail(int times = 1) => Call(CircuitOutcome.Failure, times);

    public void Succeed(int times = 1) => Call(CircuitOutcome.Success, times);

    public void Call(CircuitOutcome outcome, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            Breaker.Record(Enter(), outcome);
        }
    }

    /// <summary>Opens the circuit by failures alone.</summary>
    public CircuitHarness Opened()
    {
        while (Breaker.State == CircuitState.Closed)
        {
            Fail();
        }

        return this;
    }

    /// <summary>Opens the circuit and waits for the end of its break.</summary>
    public CircuitHarness HalfOpened()
    {
        Opened();
        Clock.Advance(Breaker.ReopensIn!.Value);
        return this;
    }

    public void AssertRefused()
    {
        Assert.False(Breaker.Check().IsAvailable);
        Assert.False(Breaker.TryEnter(out _));
        Assert.False(Breaker.TryReserve(out _));
    }
}
