using Polly.CircuitBreaker;
using Resilient.Llm.CircuitBreaking;

namespace Resilient.Llm.Tests;

/// <summary>Invariants under real threads. Nothing here depends on who wins.</summary>
public sealed class CircuitBreakerContentionTests
{
    private const int Threads = 8;

    [Fact]
    public void Probe_ThousandRacingCallers_OneWinsAndNobodyThrows()
    {
        for (var round = 0; round < 20; round++)
        {
            var circuit = new CircuitHarness().HalfOpened();
            var winners = 0;
            Race(thread =>
            {
                for (var i = 0; i < 1_000 / Threads; i++)
                {
                    var isEntered = thread % 2 == 0 ? circuit.Breaker.TryEnter(out _) : circuit.Breaker.TryReserve(out _);
                    Interlocked.Add(ref winners, isEntered ? 1 : 0);
                }
            });

            Assert.Equal(1, winners);
        }
    }

    [Fact]
    public void Probe_CallsRacingThroughManyOutages_AreNeverTwo()
    {
        var circuit = new CircuitHarness(o =>
        {
            o.FailureThreshold = 3;
            o.BreakDuration = o.MaxBreakDuration = TimeSpan.FromMilliseconds(1);
            o.ProbeTimeout = TimeSpan.FromDays(1);
        });
        int live = 0, most = 0, probes = 0;
        Race(thread =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (circuit.Breaker.TryEnter(out var permit))
                {
                    if (permit.IsProbe)
                    {
                        Interlocked.Increment(ref probes);
                        most = Math.Max(most, Interlocked.Increment(ref live));
                        Interlocked.Decrement(ref live);
                    }

                    circuit.Breaker.Record(permit, (CircuitOutcome)((i + thread) % 3));
                }
                else if (i % 16 == 0)
                {
                    circuit.Clock.Advance(TimeSpan.FromMilliseconds(1));
                }
            }
        });

        Assert.True(probes > 10, "The race never got as far as a probe.");
        Assert.Equal(1, most);

        // Delivered one at a time and in order: each transition starts where the last one ended.
        Assert.All(circuit.Transitions.Zip(circuit.Transitions.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
    }

    [Fact]
    public void Counts_RecordedByManyThreads_AreComplete()
    {
        var circuit = new CircuitHarness(o =>
        {
            o.FailureThreshold = 10_000;
            o.ConsecutiveFailures = null;
        });
        Race(_ =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                circuit.Fail();
                circuit.Succeed();
                var streaming = circuit.Enter();
                circuit.Breaker.RecordContent(ref streaming);
                circuit.Breaker.Record(streaming, CircuitOutcome.Neutral);
            }
        });

        Assert.Equal(3 * 1_000 * Threads, circuit.Breaker.Counts.Calls);
        Assert.Equal(1_000 * Threads, circuit.Breaker.Counts.Failures);
    }

    [Fact]
    public void Opening_FailuresFromManyThreads_HappensOnce()
    {
        for (var round = 0; round < 50; round++)
        {
            var circuit = new CircuitHarness();
            var permits = Enumerable.Range(0, Threads).Select(_ => circuit.Enter()).ToArray();
            Race(thread => circuit.Breaker.Record(permits[thread], CircuitOutcome.Failure));

            Assert.Equal(CircuitState.Open, circuit.Breaker.State);
            Assert.Single(circuit.Transitions);
        }
    }

    [Fact]
    public void Cooldown_StartedByManyThreads_EndsAtTheLatest()
    {
        var circuit = new CircuitHarness();
        Race(thread =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                circuit.Breaker.StartCooldown(TimeSpan.FromMilliseconds(1 + ((i * 7919 * (thread + 1)) % 100_000)));
                circuit.Breaker.Check();
            }

            circuit.Breaker.StartCooldown(TimeSpan.FromSeconds(200 + thread));
        });

        Assert.Equal(TimeSpan.FromSeconds(200 + Threads - 1), circuit.Breaker.ReopensIn);
    }

    [Fact]
    public void Reservation_ConsumedAndReleasedAtOnce_HasOneEnd()
    {
        for (var round = 0; round < 200; round++)
        {
            var circuit = new CircuitHarness().HalfOpened();
            Assert.True(circuit.Breaker.TryReserve(out var reservation));
            var consumed = 0;
            Race(thread =>
            {
                if (thread % 2 == 0)
                {
                    reservation!.Release();
                }
                else if (reservation!.TryConsume(out _))
                {
                    Interlocked.Increment(ref consumed);
                }
            });

            // Consumed: the place is taken. Released: it is free.
            Assert.Equal(consumed == 0, circuit.Breaker.TryEnter(out _));
        }
    }

    [Fact]
    public void SlowCalls_EnteredNoticedAndEndedByManyThreads_AreCountedOnceAndLeaveNothingBehind()
    {
        var circuit = new CircuitHarness(o =>
        {
            o.SlowCallDuration = TimeSpan.FromMilliseconds(5);
            o.SamplingDuration = TimeSpan.FromDays(1);
            o.FailureThreshold = 10_000;
            o.FailureRatio = 1;
            o.ConsecutiveFailures = null;
        });
        int ended = 0, neverSlow = 0, cancelledLate = 0;

        // Two of three calls are never slow, so that the circuit stays closed and every call can be accounted for.
        circuit.Breaker.Record(circuit.Enter(), CircuitOutcome.Success);
        Race(thread =>
        {
            for (var i = 0; i < 3_000; i++)
            {
                var permit = circuit.Enter();
                if ((i + thread) % 3 != 0)
                {
                    circuit.Breaker.Record(permit, CircuitOutcome.Success);
                    Interlocked.Increment(ref neverSlow);
                    continue;
                }

                circuit.Breaker.Watch(ref permit, circuit.Clock.GetTimestamp(), isStreaming: (i & 1) == 0);
                circuit.Clock.Advance(TimeSpan.FromMilliseconds(i % 8));
                if (i % 5 == 0)
                {
                    circuit.Breaker.Check();
                }

                if (i % 2 == 0)
                {
                    circuit.Breaker.RecordContent(ref permit);
                }

                var outcome = (CircuitOutcome)(i % 3);
                circuit.Breaker.Record(permit, outcome);
                if (outcome == CircuitOutcome.Neutral && !permit.HasContent)
                {
                    Interlocked.Add(ref cancelledLate, permit.Pending is { IsSlow: true } ? 1 : 0);
                }
                else
                {
                    Interlocked.Increment(ref ended);
                }
            }
        });

        var counts = circuit.Breaker.Counts;
        Assert.Equal(1 + neverSlow + ended + cancelledLate, counts.Calls);
        Assert.InRange(counts.SlowCalls, 1, ended + cancelledLate);
        Assert.Empty(circuit.Transitions);
        Assert.Equal(long.MaxValue, circuit.Breaker.NextSlowCall);
    }

    [Fact]
    public void SlowCalls_NoticedByManyThreads_OpenTheCircuitOnce()
    {
        for (var round = 0; round < 50; round++)
        {
            var circuit = CircuitHarness.WithSlowCalls();
            var permits = circuit.Pend(Threads);
            circuit.Advance(2);
            Race(thread =>
            {
                circuit.Breaker.Check();
                circuit.Breaker.RecordContent(ref permits[thread]);
                circuit.Breaker.Record(permits[thread], CircuitOutcome.Success);
            });

            Assert.Equal(CircuitTransitionReason.SlowCalls, Assert.Single(circuit.Transitions).Reason);
            Assert.Equal(long.MaxValue, circuit.Breaker.NextSlowCall);
        }
    }

    private static void Race(Action<int> run)
    {
        using var start = new Barrier(Threads);
        Exception? failure = null;
        var threads = Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            try
            {
                run(index);
            }
            catch (Exception e)
            {
                failure = e;
            }
        })).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.Null(failure);
    }
}
