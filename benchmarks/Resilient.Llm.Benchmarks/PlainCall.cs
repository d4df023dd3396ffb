using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Benchmarks;

/// <summary>One plain call.</summary>
public class PlainCall
{
    private readonly IChatClient _bare = new InstantClient();
    private readonly IChatClient _passThrough = new PassThroughIterator(new InstantClient());
    private readonly IChatClient _ladder = Subjects.Ladder();
    private readonly IChatClient _ladderWithCache = Subjects.Ladder(static b => b.AddCachedAnswers());
    private readonly IChatClient _microsoft = Subjects.OrderedFailover(new InstantClient(), new InstantClient());
    private readonly ResiliencePipeline<ChatResponse> _polly = Subjects.Polly();

    [Benchmark]
    public Task<ChatResponse> Bare() => _bare.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> PassThrough() => _passThrough.GetResponseAsync(Subjects.Question);

    [Benchmark(Baseline = true)]
    public Task<ChatResponse> PollyByHand() => _polly.ExecuteAsync(
        static async (client, token) => await client.GetResponseAsync(Subjects.Question, null, token), _bare).AsTask();

    [Benchmark]
    public Task<ChatResponse> MicrosoftOrderedFailover() => _microsoft.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> Ladder() => _ladder.GetResponseAsync(Subjects.Question);

    [Benchmark]
    public Task<ChatResponse> LadderRecordingAnswers() => _ladderWithCache.GetResponseAsync(Subjects.Question);
}
