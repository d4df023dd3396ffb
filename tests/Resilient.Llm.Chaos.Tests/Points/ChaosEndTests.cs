using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>What an experiment leaves behind: nothing.</summary>
public sealed class ChaosEndTests : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMinutes(1);

    private readonly FaultLab _lab = new();
    private readonly ChaosChatClient _client;

    public ChaosEndTests() => _client = new(_lab.Primary, _lab.Chaos, "primary");

    public static TheoryData<ChaosFaultKind, bool> Waiting
    {
        get
        {
            var data = new TheoryData<ChaosFaultKind, bool>();
            foreach (var kind in Enum.GetValues<ChaosFaultKind>())
            {
                data.Add(kind, false);
                data.Add(kind, true);
            }

            return data;
        }
    }

    /// <summary>Every fault waits first, as every provider takes time to fail.</summary>
    [Theory]
    [MemberData(nameof(Waiting))]
    public async Task Stop_InTheMiddleOfAWait_TheCallGoesOnToTheProvider(ChaosFaultKind kind, bool streaming)
    {
        FaultLab.GoOnInline();
        _lab.Start(Slow(kind));
        var asking = _client.AskAsync(streaming);
        _lab.Clock.Advance(s_delay / 2);
        Assert.False(asking.IsCompleted);

        Assert.True(_lab.Chaos.Stop("fault", "test"));

        Assert.True(asking.IsCompleted, "It waits for an experiment that is over.");
        Assert.Equal("One two three.", (await asking).Text);
        Assert.Equal(1, _lab.Primary.CallCount);
        NothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Waiting))]
    public async Task Expiry_InTheMiddleOfAWait_TheCallGoesOnToTheProvider(ChaosFaultKind kind, bool streaming)
    {
        FaultLab.GoOnInline();
        _lab.Start(Slow(kind), duration: s_delay / 2);
        var asking = _client.AskAsync(streaming);

        _lab.Clock.Advance(s_delay / 2);

        Assert.True(asking.IsCompleted, "It waits for an experiment that is over.");
        Assert.Equal("One two three.", (await asking).Text);
        NothingIsLeft();
    }

    [Theory]
    [MemberData(nameof(Waiting))]
    public async Task Cancellation_InTheMiddleOfAWait_IsTheCallers(ChaosFaultKind kind, bool streaming)
    {
        FaultLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var run = _lab.Start(Slow(kind));
        var asking = _client.AskAsync(streaming, cancellationToken: caller.Token);
        _lab.Clock.Advance(s_delay / 2);

        caller.Cancel();

        Assert.True(asking.IsCompleted, "It waits for a caller that has left.");
        Assert.Equal(caller.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking)).CancellationToken);
        Assert.Equal(1, _lab.Clock.ArmedTimers);
        run.Dispose();
        NothingIsLeft();
    }

    [BothWays]
    public async Task DeafHang_Cancelled_HearsNothingAndAsksNobodyWhenItIsOver(bool streaming)
    {
        FaultLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var run = _lab.Start(new(ChaosFaultKind.DeafHang));
        var asking = _client.AskAsync(streaming, cancellationToken: caller.Token);

        caller.Cancel();
        Assert.False(asking.IsCompleted, "It heard.");
        run.Dispose();

        Assert.True(asking.IsCompleted, "It waits for an experiment that is over.");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(0, _lab.Primary.CallCount);
        NothingIsLeft();
    }

    /// <summary>Cancelled in a ladder: the caller's own, and no verdict on the endpoint.</summary>
    [Theory]
    [BothWaysData(ChaosFaultKind.Hang)]
    [BothWaysData(ChaosFaultKind.DeafHang)]
    [BothWaysData(ChaosFaultKind.Latency)]
    public async Task Cancellation_InALadder_IsTheCallersAndNoFailureOfTheEndpoint(ChaosFaultKind kind, bool streaming)
    {
        FaultLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var ladder = _lab.Ladder();
        var run = _lab.Start(Slow(kind));
        var asking = ladder.AskAsync(streaming, cancellationToken: caller.Token);
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        caller.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(0, ladder.GetRequiredService<ChatCircuits>().Get("primary").Counts.Failures);
        Assert.Equal(FailureKind.Cancelled, _lab.Completed[^1].Failure);
        run.Dispose();
        NothingIsLeft();
    }

    [Fact]
    public async Task Reader_LeavesABrokenStreamEarly_ProvidersEnumeratorIsDisposed()
    {
        var run = _lab.Start(ChaosFault.CutAfter(2));
        await using (var stream = _client.GetStreamingResponseAsync("question").GetAsyncEnumerator())
        {
            await stream.MoveNextAsync();
        }

        run.Dispose();
        NothingIsLeft();
    }

    [BothWays]
    public async Task Stop_ManyWait_AllGoOn(bool streaming)
    {
        FaultLab.GoOnInline();
        var run = _lab.Start(new(ChaosFaultKind.Hang));
        Task<ChatResponse>[] asking = [.. Enumerable.Range(0, 100).Select(_ => _client.AskAsync(streaming))];

        run.Dispose();

        Assert.All(asking, static call => Assert.True(call.IsCompleted, "It waits for an experiment that is over."));
        Assert.All(await Task.WhenAll(asking), static response => Assert.Equal("One two three.", response.Text));
        NothingIsLeft();
    }

    public void Dispose()
    {
        _client.Dispose();
        _lab.Dispose();
    }

    private static ChaosFault Slow(ChaosFaultKind kind) => new(kind) { Latency = ChaosLatency.Fixed(s_delay), AfterContents = 0 };

    private void NothingIsLeft() => Assert.Equal((0, 0, 0), (_lab.Clock.ArmedTimers, _lab.Primary.OpenEnumerators, _lab.Primary.InFlight));
}
