using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Tests;

public sealed class DeferredStreamTests
{
    [Fact]
    public async Task DeferredStream_EnumeratedTwice_StartsAFreshEnumeratorEachTime()
    {
        var starts = new List<CancellationToken>();
        var stream = new DeferredStream<List<CancellationToken>>(starts, static (list, token) =>
        {
            list.Add(token);
            return One(list.Count).GetAsyncEnumerator(token);
        });
        Assert.Empty(starts);

        using var source = new CancellationTokenSource();
        Assert.Equal("1", await ReadAsync(stream, default));
        Assert.Equal("2", await ReadAsync(stream, source.Token));

        Assert.Equal([default, source.Token], starts);
    }

    private static async Task<string> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> stream, CancellationToken cancellationToken) =>
        (await stream.ToChatResponseAsync(cancellationToken)).Text;

    private static async IAsyncEnumerable<ChatResponseUpdate> One(int number)
    {
        await Task.CompletedTask;
        yield return new(ChatRole.Assistant, $"{number}");
    }
}
