using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Benchmarks;

/// <summary>A question that was answered before, read through.</summary>
public class CacheHit
{
    private readonly IChatClient _ladder = Subjects.Ladder(static b => b.AddCachedAnswers(static o => o.Mode = CachedAnswerMode.ReadThrough));

    [GlobalSetup]
    public Task Warm() => _ladder.GetResponseAsync(Subjects.Question);

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> ReadThrough() => _ladder.GetResponseAsync(Subjects.Question);
}
