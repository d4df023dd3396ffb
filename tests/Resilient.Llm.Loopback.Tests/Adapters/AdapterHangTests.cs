using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>What becomes of a call that its caller cancels while the provider is silent.</summary>
public class AdapterHangTests
{
    public static TheoryData<string, WireProtocol, bool> Hangs
    {
        get
        {
            var rows = new TheoryData<string, WireProtocol, bool>();
            foreach (var way in AdapterWays.All)
            {
                var (protocol, streaming) = ((WireProtocol)way[0], (bool)way[1]);
                rows.Add("before headers", protocol, streaming);
                rows.Add("keep-alives", protocol, streaming);
                if (!(streaming && protocol == WireProtocol.Ollama))
                {
                    rows.Add("before content", protocol, streaming);
                }
            }

            return rows;
        }
    }

    public static TheoryData<WireProtocol> CancelledInTheMiddle =>
        [.. Enum.GetValues<WireProtocol>().Where(static protocol => protocol != WireProtocol.Ollama)];

    /// <summary>How the call ends is not sure everywhere. That the silence does not outlive the cancellation is.</summary>
    [Theory]
    [MemberData(nameof(Hangs))]
    public async Task Silence_CallerCancelsBeforeContent_FreesTheConnection(string hang, WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(hang switch
        {
            "before headers" => Script.HangBeforeHeaders(),
            "before content" => Script.HangBeforeContent(),
            _ => Script.KeepAlivesOnly(TimeSpan.FromMilliseconds(1)),
        });
        using var client = provider.CreateClient(protocol);
        using var cancel = new CancellationTokenSource();
        var call = AdapterCall.OfAsync(client, streaming, [new(ChatRole.User, "Hi")], cancellationToken: cancel.Token);
        await provider.WhenCalledAsync().Soon();

        // Time for the client to start reading: one that is about to is a race of its own in some SDKs.
        await Task.Delay(50);
        await cancel.CancelAsync();
        var seen = await call;

        Assert.Equal("", seen.Text);
        if (hang == "before headers")
        {
            Assert.IsAssignableFrom<OperationCanceledException>(seen.Exception);
        }

        await provider.WhenAbortedAsync().Soon();
        await provider.WhenIdleAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(CancelledInTheMiddle))]
    public async Task Stall_CallerCancelsAfterContent_IsCancelled(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.StallAfter(2, "One two three"));
        using var client = provider.CreateClient(protocol);

        var read = await ReadAsync(client).Soon();

        Assert.True(read.IsCancelled);
        Assert.Equal("One two", read.Text);
        await provider.WhenAbortedAsync().Soon();
    }

    /// <summary>
    /// OllamaSharp reads lines without a token: a stream that stalls behind its headers does not see the cancellation, and disposing the
    /// enumerator while it reads is not possible. Only closing the connection ends it.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Stall_OnOllama_OutlivesTheCancellation(int contents)
    {
        var provider = await LoopbackProvider.StartAsync(Script.StallAfter(contents, "One two three"));
        using var client = provider.Ollama();
        using var cancel = new CancellationTokenSource();
        await using var stream = client.GetStreamingResponseAsync("Hi", cancellationToken: cancel.Token).GetAsyncEnumerator();
        for (var i = 0; i < contents; i++)
        {
            Assert.True(await stream.MoveNextAsync().AsTask().Soon());
        }

        var next = stream.MoveNextAsync().AsTask();
        await provider.WhenCalledAsync().Soon();
        await Task.Delay(50);
        await cancel.CancelAsync();
        var first = await Task.WhenAny(next, Task.Delay(300));

        Assert.NotSame(next, first);
        Assert.Equal(1, provider.InFlight);
        await provider.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => next.Soon());
    }

    private static async Task<(string Text, bool IsCancelled)> ReadAsync(IChatClient client)
    {
        using var cancel = new CancellationTokenSource();
        var text = "";
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hi", cancellationToken: cancel.Token))
            {
                text += update.Text;
                if (text == "One two")
                {
                    await cancel.CancelAsync();
                }
            }

            return (text, false);
        }
        catch (OperationCanceledException)
        {
            return (text, true);
        }
    }
}
