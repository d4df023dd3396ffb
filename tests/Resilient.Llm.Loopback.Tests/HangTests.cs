using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

public class HangTests
{
    public static TheoryData<string, WireProtocol, bool> Hangs
    {
        get
        {
            var rows = new TheoryData<string, WireProtocol, bool>();
            foreach (var name in new[] { "before headers", "before content", "keep-alives" })
            {
                foreach (var way in Ways.All)
                {
                    rows.Add(name, (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Hangs))]
    public async Task Hang_CallerCancels_ThrowsAtOnceAndFreesTheConnection(string hang, WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(hang switch
        {
            "before headers" => Script.HangBeforeHeaders(),
            "before content" => Script.HangBeforeContent(),
            _ => Script.KeepAlivesOnly(TimeSpan.FromMilliseconds(1)),
        });
        using var cancel = new CancellationTokenSource();
        var call = Observation.OfAsync(provider, protocol, streaming, cancel.Token);
        await provider.WhenCalledAsync().Soon();
        Assert.Equal(1, provider.InFlight);

        // Time for the client to start reading: a stream of OpenAI's SDK that is cancelled just before that has been seen to hang.
        await Task.Delay(50);
        await cancel.CancelAsync();
        var seen = await call;

        AssertCancelled(seen.Exception, isSure: protocol == WireProtocol.Anthropic || hang == "before headers");
        Assert.Equal("", seen.Text);
        await provider.WhenAbortedAsync().Soon();
        await provider.WhenIdleAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Stall_CallerCancels_KeepsWhatArrived(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.StallAfter(2, "One two three."));

        var seen = await Observation.OfStreamCancelledAfterAsync(provider, protocol, contents: 2);

        Assert.IsAssignableFrom<OperationCanceledException>(seen.Exception);
        Assert.Equal("One two", seen.Text);
        await provider.WhenAbortedAsync().Soon();
    }

    /// <summary>Whoever compares tokens to learn who cancelled is wrong with one of the two SDKs.</summary>
    [Fact]
    public async Task Cancellation_OnAnthropic_CarriesAnotherToken()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.HangBeforeHeaders());
        using var cancel = new CancellationTokenSource();
        var call = provider.CreateAnthropicClient().GetResponseAsync("Hi", cancellationToken: cancel.Token);
        await provider.WhenCalledAsync().Soon();

        await cancel.CancelAsync();

        var exception = await Assert.ThrowsAsync<TaskCanceledException>(() => call);
        Assert.NotEqual(cancel.Token, exception.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Stall_ConsumerWalksAway_FreesTheConnection(WireProtocol protocol)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.StallAfter(1, "One two three."));

        await foreach (var update in protocol.ClientOf(provider).GetStreamingResponseAsync("Hi"))
        {
            if (update.Text.Length > 0)
            {
                break;
            }
        }

        await provider.WhenAbortedAsync().Soon();
        await provider.WhenIdleAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Dispose_WithHungRequests_EndsThem(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.HangBeforeContent());
        var call = Observation.OfAsync(provider, protocol, streaming);
        await provider.WhenCalledAsync().Soon();

        await provider.DisposeAsync();

        Assert.NotNull((await call).Exception);
        Assert.Equal((0, 0), (provider.InFlight, provider.OpenConnections));
    }

    /// <summary>
    /// The OpenAI SDK disposes the response's stream when the caller cancels, while it may be just about to read from it. HttpClient is not made for that: a read that loses
    /// the race throws <see cref="NullReferenceException"/>, and not always where somebody makes a cancellation of it. That the call fails is all that is sure.
    /// </summary>
    private static void AssertCancelled(Exception? exception, bool isSure)
    {
        Assert.NotNull(exception);
        if (isSure)
        {
            Assert.IsAssignableFrom<OperationCanceledException>(exception);
        }
    }
}
