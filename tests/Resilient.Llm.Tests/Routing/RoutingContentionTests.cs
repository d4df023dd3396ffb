using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Routing;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Orders under real threads, while everything that they go by changes. Nothing here depends on who wins.</summary>
public sealed class RoutingContentionTests
{
    private const int Threads = 8;

    private readonly ManualTimeProvider _clock = new();

    public static TheoryData<string> Strategies => ["Ordered", "Nearest", "Weighted", "LowestLatency", "Session"];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Order_WhileLatenciesHealthAndSwitchesChange_IsAlwaysAPermutation(string strategy)
    {
        var endpoints = Endpoints();
        Step[] steps = [.. endpoints.Select(static endpoint => endpoint.Step), new Step { Endpoint = new("cheaper", "cheaper"), Level = 1, Client = new ScriptedChatClient() }];
        var model = Routed(strategy, steps, endpoints.Length);
        int healthy = 0, unhealthyFirst = 0;
        Race(thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 5_000; i++)
            {
                if (thread % 2 == 0)
                {
                    endpoints[random.Next(endpoints.Length)].Disturb(random, _clock);
                    continue;
                }

                Step[] order = [.. steps];
                model.Order(order, isStreaming: (i & 1) == 0, strategy == "Session" ? $"session-{i}" : null, _clock, failbackDelay: TimeSpan.TicksPerSecond);
                Assert.Same(steps[^1], order[^1]);
                Assert.True(order.ToHashSet().SetEquals(steps), "An endpoint was lost, or stands there twice.");
                Interlocked.Increment(ref healthy);
            }
        });
        Assert.Equal(Threads / 2 * 5_000, healthy);

        // When nothing moves any more, health comes first: none that is unavailable stands before one that is not.
        endpoints[0].Region.TrySet(ChatRegionState.Isolated, out _);
        endpoints[1].Breaker.Reset();
        endpoints[1].Region.TrySet(ChatRegionState.InService, out _);
        for (var i = 0; i < 100; i++)
        {
            Step[] order = [.. steps];
            model.Order(order, isStreaming: false, null, _clock, failbackDelay: 0);
            unhealthyFirst += order[0] == endpoints[0].Step ? 1 : 0;
        }

        Assert.Equal(0, unhealthyFirst);
    }

    /// <summary>Four standard deviations of a binomial share, as on one thread: the endpoints' state moves meanwhile, and all of them stay well.</summary>
    [Fact]
    public void Weighted_DrawnByManyThreads_KeepsItsShares()
    {
        const int DrawsPerThread = 20_000;
        double[] weights = [1, 2, 7];
        var endpoints = Endpoints(weights);
        Step[] steps = [.. endpoints.Select(static endpoint => endpoint.Step)];
        var model = Routed("Weighted", steps, steps.Length);
        var first = new int[weights.Length];
        Race(thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < DrawsPerThread; i++)
            {
                endpoints[i % endpoints.Length].Latency.Record(isStreaming: false, TimeSpan.FromMilliseconds(random.Next(1, 1_000)));
                Step[] order = [.. steps];
                model.Order(order, isStreaming: false, null, _clock, failbackDelay: 0);
                Interlocked.Increment(ref first[Array.IndexOf(steps, order[0])]);
            }
        });

        const int Draws = Threads * DrawsPerThread;
        for (var i = 0; i < weights.Length; i++)
        {
            var expected = weights[i] / weights.Sum();
            var deviation = Math.Sqrt(expected * (1 - expected) / Draws);
            Assert.InRange((double)first[i] / Draws, expected - (4 * deviation), expected + (4 * deviation));
        }
    }

    [Fact]
    public void LowestLatency_TimesMoveWithinTheirRanges_TheFasterGoesFirstButForExploration()
    {
        const int OrdersPerThread = 10_000;
        var endpoints = Endpoints();
        Step[] steps = [.. endpoints.Select(static endpoint => endpoint.Step)];
        for (var i = 0; i < endpoints.Length; i++)
        {
            endpoints[i].Latency.Record(isStreaming: true, TimeSpan.FromSeconds(i + 1));
        }

        var model = Routed("LowestLatency", steps, steps.Length);
        var first = new int[endpoints.Length];
        Race(thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < OrdersPerThread; i++)
            {
                // Endpoint n takes from n + 1 seconds to half a second more: the ranges do not touch, so no average may leave its own.
                var which = random.Next(endpoints.Length);
                endpoints[which].Latency.Record(isStreaming: true, TimeSpan.FromSeconds(which + 1 + (random.NextDouble() / 2)));
                Step[] order = [.. steps];
                model.Order(order, isStreaming: true, null, _clock, failbackDelay: 0);
                Interlocked.Increment(ref first[Array.IndexOf(steps, order[0])]);
            }
        });

        const int Orders = Threads * OrdersPerThread;
        var explored = LowestLatencyRouting.Exploration * (endpoints.Length - 1) / endpoints.Length;
        var deviation = Math.Sqrt(explored * (1 - explored) / Orders);
        Assert.InRange(1 - ((double)first[0] / Orders), explored - (4 * deviation), explored + (4 * deviation));
    }

    [Fact]
    public void Average_RecordedReadAndForgottenByManyThreads_StaysWithinItsInputs()
    {
        var latency = new EndpointLatency();
        var (least, most) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(50));
        var read = 0;
        Race(thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 50_000; i++)
            {
                var isStreaming = random.Next(2) == 0;
                switch (thread % 4)
                {
                    case 0 when i % 3 == 0:
                        latency.ForgetAverage();
                        break;
                    case 3:
                        latency.RecordProbe(isStreaming, least + ((most - least) * random.NextDouble()));
                        break;
                    default:
                        latency.Record(isStreaming, least + ((most - least) * random.NextDouble()), isLowerBound: i % 7 == 0, isSlow: i % 5 == 0);
                        break;
                }

                // By whoever has just written: a thread that only reads may be done before the others begin.
                if (latency.Average(isStreaming) is { } average)
                {
                    Assert.InRange(average, least, most);
                    Interlocked.Increment(ref read);
                }

                if (i % 50 == 0 && latency.Percentile(isStreaming, 0.95) is { } usual)
                {
                    Assert.InRange(usual, least, most);
                }
            }
        });

        Assert.True(read > 1_000, "There was nothing to read.");
    }

    private MeasuredEndpoint[] Endpoints(params double[] weights)
    {
        weights = weights.Length == 0 ? [1, 1, 1, 1] : weights;
        return [.. weights.Select((weight, i) => new MeasuredEndpoint(i, weight, _clock))];
    }

    private static RoutedModel Routed(string strategy, Step[] steps, int count)
    {
        // Chance must be thread-safe; each thread draws its own, so that a run is about the code and not about a lock.
        var seeds = 0;
        var chance = new ThreadLocal<Random>(() => new Random(Interlocked.Increment(ref seeds)));
        RoutingStrategy chosen = strategy switch
        {
            "Ordered" => RoutingStrategy.Ordered,
            "Nearest" => RoutingStrategy.Nearest,
            "LowestLatency" => RoutingStrategy.LowestLatency,
            _ => RoutingStrategy.Weighted,
        };
        return new(chosen, steps, 0, count, "region-2", "EU", () => chance.Value!.NextDouble());
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

    /// <summary>An endpoint with a circuit, a switch and times, all of which anybody may change at any time.</summary>
    private sealed class MeasuredEndpoint
    {
        public MeasuredEndpoint(int number, double weight, TimeProvider clock)
        {
            var identity = new Endpoint("primary", $"endpoint-{number}", $"region-{number}", number % 2 == 0 ? "EU" : "US");
            Breaker = new(new() { FailureThreshold = 1, FailureRatio = 0, BreakDuration = TimeSpan.FromMilliseconds(1), MaxBreakDuration = TimeSpan.FromMilliseconds(2) }, clock, static () => 0);
            var client = new CircuitBreakerChatClient(new ScriptedChatClient(), Breaker, null, clock, Latency, Region);
            Step = new Step { Endpoint = identity, Level = 0, Client = client, Latency = Latency, Weight = weight };
        }

        public Step Step { get; }

        public CircuitBreaker Breaker { get; }

        public EndpointLatency Latency { get; } = new();

        public RegionSwitch Region { get; } = new();

        public void Disturb(Random random, ManualTimeProvider clock)
        {
            switch (random.Next(8))
            {
                case 0:
                    Latency.Record(random.Next(2) == 0, TimeSpan.FromMilliseconds(random.Next(1, 5_000)));
                    break;
                case 1:
                    Latency.ForgetAverage();
                    break;
                case 2:
                    Region.TrySet((ChatRegionState)random.Next(3), out _);
                    break;
                case 3:
                    Breaker.Isolate();
                    break;
                case 4:
                    Breaker.Reset();
                    break;
                case 5:
                    Breaker.GiveProbesHeadStart(TimeSpan.FromMilliseconds(random.Next(3)));
                    break;
                case 6:
                    clock.Advance(TimeSpan.FromMilliseconds(0.3));
                    break;
                default:
                    if (Breaker.TryEnter(out var permit))
                    {
                        Breaker.Record(permit, (CircuitOutcome)random.Next(3));
                    }

                    break;
            }
        }
    }
}
