using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Benchmarks;

/// <summary>One update of a stream: a whole stream, divided by its updates.</summary>
public class StreamedCall
{
    private readonly IChatClient _bare = new InstantClient();
    private readonly IChatClient _handWritten = new PassThroughEnumerator(new InstantClient());
    private readonly IChatClient _asyncIterator = new PassThroughIterator(new InstantClient());
    private readonly IChatClient _ladder = Subjects.Ladder();

    [Benchmark(OperationsPerInvoke = InstantClient.Updates)]
    public Task<int> Bare() => ReadAsync(_bare);

    [Benchmark(OperationsPerInvoke = InstantClient.Updates)]
    public Task<int> PassThroughEnumerator() => ReadAsync(_handWritten);

    [Benchmark(OperationsPerInvoke = InstantClient.Updates, Baseline = true)]
    public Task<int> PassThroughIterator() => ReadAsync(_asyncIterator);

    [Benchmark(OperationsPerInvoke = InstantClient.Updates)]
    public Task<int> Ladder() => ReadAsync(_ladder);

    private static async Task<int> ReadAsync(IChatClient client)
    {
        var count = 0;
        await foreach (var update in client.GetStreamingResponseAsync(Subjects.Question))
        {
            count++;
        }

        return count;
    }
}
