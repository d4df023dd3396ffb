using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Benchmarks;

/// <summary>The first model's circuit is open, so the second one is asked at once. Microsoft's failover has no circuit: it pays for a throw each time.</summary>
public class CircuitOpen
{
    private readonly IChatClient _healthy = Subjects.Ladder();
    private readonly IChatClient _primary = new InstantClient();
    private readonly IChatClient _microsoft = Subjects.OrderedFailover(new ThrowingClient(), new InstantClient());
    private readonly ResiliencePipeline<ChatResponse> _polly = Subjects.PollyIsolated(new InstantClient());
    private readonly IChatClient _ladder = Subjects.Ladder(new ThrowingClient(), static builder => builder
        .WithRetries(0)
        .WithCircuitBreaker(5, TimeSpan.FromSeconds(10), breakFor: TimeSpan.FromDays(1)));

    [GlobalSetup]
    public async Task Open()
    {
        for (var i = 0; i < 10; i++)
        {
            await _ladder.GetResponseAsync(Subjects.Question).ConfigureAwait(false);
        }
    }

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> HealthyLadder() => _healthy.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> MicrosoftOrderedFailover() => _microsoft.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> PollyByHand() => _polly.ExecuteAsync(
        static async (client, token) => await client.GetResponseAsync(Subjects.Question, null, token), _primary).AsTask();

    [Benchmark]
    public Task<ChatResponse> Ladder() => _ladder.GetResponseAsync(Subjects.Question);
}
