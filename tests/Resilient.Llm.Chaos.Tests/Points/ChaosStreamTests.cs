using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>What readers may do with any stream they may do with one that an experiment hits.</summary>
public sealed class ChaosStreamTests : IDisposable
{
    private readonly FaultLab _lab = new();
    private readonly ChaosChatClient _client;

    public ChaosStreamTests() => _client = new(_lab.Primary, _lab.Chaos, "primary");

    public static TheoryData<ChaosFaultKind> Kinds => [.. Enum.GetValues<ChaosFaultKind>()];

    /// <summary>Left in the middle of its wait, as somebody does who cancels, awaits the move, and disposes.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Enumerator_CancelledInItsWaitAndDisposedTwice_AsksNobodyAndEnds(ChaosFaultKind kind)
    {
        FaultLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var run = _lab.Start(new(kind) { Latency = ChaosLatency.Fixed(TimeSpan.FromMinutes(1)), AfterContents = 0 });
        var stream = _client.GetStreamingResponseAsync("question").GetAsyncEnumerator(caller.Token);
        var move = stream.MoveNextAsync().AsTask();
        Assert.False(move.IsCompleted);

        caller.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        await stream.DisposeAsync();
        await stream.DisposeAsync();

        Assert.False(await stream.MoveNextAsync());
        run.Dispose();
        Assert.Equal((0, 0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.OpenEnumerators, _lab.Primary.InFlight));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Token_CancelledBefore_NothingIsWaitedForAndNobodyAsked(ChaosFaultKind kind)
    {
        FaultLab.GoOnInline();
        var run = _lab.Start(new(kind) { Latency = ChaosLatency.Fixed(TimeSpan.FromMinutes(1)), AfterContents = 0 });

        var plain = _client.AskAsync(streaming: false, cancellationToken: new(canceled: true));
        var stream = _client.AskAsync(streaming: true, cancellationToken: new(canceled: true));

        Assert.True(plain.IsCanceled && stream.IsCanceled);
        run.Dispose();
        Assert.Equal((0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.OpenEnumerators));
    }

    /// <summary>Each enumeration is a call of its own, and meets what runs then.</summary>
    [Fact]
    public async Task Stream_EnumeratedTwice_IsDecidedAnew()
    {
        var run = _lab.Start(new(ChaosFaultKind.ServerError));
        var stream = _client.GetStreamingResponseAsync("question");
        await Assert.ThrowsAsync<ChaosProviderException>(() => stream.ToChatResponseAsync());

        run.Dispose();

        Assert.Equal("One two three.", (await stream.ToChatResponseAsync()).Text);
        Assert.Equal("One two three.", (await stream.ToChatResponseAsync()).Text);
        Assert.Equal((1, 2), (run.Injected, _lab.Primary.CallCount));
    }

    /// <summary>After its end, however it came, there is nothing more.</summary>
    [Theory]
    [InlineData(ChaosFaultKind.CutStream)]
    [InlineData(ChaosFaultKind.NoFinishReason)]
    [InlineData(ChaosFaultKind.ErrorEvent)]
    [InlineData(ChaosFaultKind.EmptyAnswer)]
    [InlineData(ChaosFaultKind.ServerError)]
    public async Task Enumerator_MovedAfterItsEnd_StaysThere(ChaosFaultKind kind)
    {
        using var run = _lab.Start(new(kind));
        await using var stream = _client.GetStreamingResponseAsync("question").GetAsyncEnumerator();
        await Record.ExceptionAsync(async () =>
        {
            while (await stream.MoveNextAsync())
            {
            }
        });

        Assert.False(await stream.MoveNextAsync());
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }

    /// <summary>Stalled after a content, and let go: the rest is the provider's, asked once.</summary>
    [Fact]
    public async Task Stall_ExperimentEnds_TheSameStreamGoesOn()
    {
        FaultLab.GoOnInline();
        var run = _lab.Start(new(ChaosFaultKind.StalledStream));
        var asking = _client.AskAsync(streaming: true);
        Assert.Equal((1, false), (_lab.Primary.CallCount, asking.IsCompleted));

        run.Dispose();

        Assert.True(asking.IsCompleted, "It waits for an experiment that is over.");
        Assert.Equal(("One two three.", ChatFinishReason.Stop), ((await asking).Text, (await asking).FinishReason));
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    /// <summary>A provider that throws instead of returning a stream, behind every fault that goes on to it.</summary>
    [Theory]
    [InlineData(ChaosFaultKind.Latency)]
    [InlineData(ChaosFaultKind.SlowStream)]
    [InlineData(ChaosFaultKind.CutStream)]
    public async Task Provider_ThrowsSynchronously_ItsExceptionArrives(ChaosFaultKind kind)
    {
        _lab.Primary.Always(Scripted.ThrowSynchronously(new NotSupportedException()));
        using var run = _lab.Start(new(kind) { Latency = ChaosLatency.Fixed(TimeSpan.Zero) });

        await Assert.ThrowsAsync<NotSupportedException>(() => _client.AskAsync(streaming: true));
        Assert.Equal(1, run.Injected);
    }

    /// <summary>Messages that can be read only once are the provider's.</summary>
    [BothWays]
    public async Task Messages_ReadableOnce_ReachTheProviderBehindALatency(bool streaming)
    {
        var reads = 0;
        using var run = _lab.Start(ChaosFault.SlowedBy(TimeSpan.Zero));

        var answer = streaming ? await _client.GetStreamingResponseAsync(Once()).ToChatResponseAsync() : await _client.GetResponseAsync(Once());

        Assert.Equal(("One two three.", 1), (answer.Text, reads));

        IEnumerable<ChatMessage> Once()
        {
            reads++;
            yield return new(ChatRole.User, "question");
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _lab.Dispose();
    }
}
