using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Benchmarks;

/// <summary>The first model throws, the second one answers. No circuit opens and nothing is retried.</summary>
public class Failover
{
    private readonly IChatClient _primary = new ThrowingClient();
    private readonly IChatClient _cheaper = new InstantClient();
    private readonly IChatClient _microsoft = Subjects.OrderedFailover(new ThrowingClient(), new InstantClient());
    private readonly ResiliencePipeline<ChatResponse> _polly = Subjects.PollyFailover(new InstantClient());
    private readonly IChatClient _ladder = Subjects.Ladder(new ThrowingClient(), static builder => builder
        .WithRetries(0)
        .WithCircuitBreaker(static options =>
        {
            // More failures than fit into the time: the circuit stays closed.
            options.FailureThreshold = 10_000;
            options.SamplingDuration = TimeSpan.FromMilliseconds(1);
            options.ConsecutiveFailures = null;
        }));

    /// <summary>What no failover can do without.</summary>
    [Benchmark(Baseline = true)]
    public async Task<ChatResponse> ThrowAndCatch()
    {
        try
        {
            return await _primary.GetResponseAsync(Subjects.Question).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            return await _cheaper.GetResponseAsync(Subjects.Question).ConfigureAwait(false);
        }
    }

    [Benchmark]
    public Task<ChatResponse> MicrosoftOrderedFailover() => _microsoft.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> PollyByHand() => _polly.ExecuteAsync(
        static async (client, token) => await client.GetResponseAsync(Subjects.Question, null, token), _primary).AsTask();

    [Benchmark]
    public Task<ChatResponse> Ladder() => _ladder.GetResponseAsync(Subjects.Question);
}
