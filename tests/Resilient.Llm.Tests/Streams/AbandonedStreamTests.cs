using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class AbandonedStreamTests
{
    private readonly LadderLab _lab = new();

    [Fact]
    public async Task Consumer_BreaksOutAfterContent_EverythingIsFreedAndNothingHeldAgainstAnyone()
    {
        LadderLab.GoOnInline();
        var completed = new List<ChatCompletedEvent>();
        _lab.Primary.Always(Scripted.Answer("a", "b", "c").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = _lab.Whole(chat => chat.OnCompleted(completed.Add));

        for (var i = 0; i < 20; i++)
        {
            await _lab.RunAsync(ReadOneContentAsync(ladder));
        }

        AssertIsFree(ladder);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
        Assert.Equal(20, completed.Count(static c => c.Failure == FailureKind.Cancelled));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Consumer_DisposesWhileAMoveIsPending_EverythingIsFreedAndNobodyElseAsked(bool afterContent)
    {
        LadderLab.GoOnInline();
        var completed = new List<ChatCompletedEvent>();
        _lab.Primary.Always(afterContent ? Scripted.Answer("a", "b").StallingAfter(1) : Scripted.Hang());
        var ladder = _lab.Whole(chat => chat.OnCompleted(completed.Add).WithCircuitBreaker(1, TimeSpan.FromSeconds(10)));
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = stream.MoveNextAsync().AsTask();
        while (move.IsCompleted)
        {
            Assert.True(await move);
            move = stream.MoveNextAsync().AsTask();
        }

        _lab.Clock.Advance(TimeSpan.FromSeconds(5));
        await stream.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        AssertIsFree(ladder);
        Assert.Equal(0, _lab.Cheaper.CallCount);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
        Assert.Equal(FailureKind.Cancelled, Assert.Single(completed).Failure);
    }

    [Fact]
    public async Task Consumer_DisposesWhileARetryWaits_NoRetryFollows()
    {
        LadderLab.GoOnInline();
        _lab.FailPrimary(LadderLab.Status(500));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddLastResort().Build();
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = stream.MoveNextAsync().AsTask();
        Assert.False(move.IsCompleted);

        await stream.DisposeAsync();
        _lab.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, _lab.Primary.CallCount);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        AssertIsFree(ladder);
    }

    [Fact]
    public async Task Consumer_WalksAwayFromAProbe_ThePermitIsReturned()
    {
        LadderLab.GoOnInline();
        _lab.FailPrimary();
        var ladder = _lab.Whole(static chat => chat.WithCircuitBreaker(1, TimeSpan.FromSeconds(10)));
        await ladder.AskAsync(streaming: true);
        Assert.Equal(CircuitState.Open, ladder.Circuit("primary").State);
        _lab.Clock.Advance(TimeSpan.FromSeconds(15));
        _lab.Primary.Always(Scripted.Answer("a", "b").StallingAfter(1));

        await _lab.RunAsync(ReadOneContentAsync(ladder));

        Assert.Equal(CircuitState.HalfOpen, ladder.Circuit("primary").State);
        _lab.Primary.Always(Scripted.Answer("back"));
        Assert.Equal("back", (await ladder.AskAsync(streaming: true)).Text);
        Assert.Equal(CircuitState.Closed, ladder.Circuit("primary").State);
    }

    [Fact]
    public async Task Consumer_NeverReads_NobodyIsAsked()
    {
        LadderLab.GoOnInline();
        var ladder = _lab.Whole();
        await using (ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator())
        {
        }

        Assert.Equal(0, _lab.Primary.CallCount);
        AssertIsFree(ladder);
    }

    [Fact]
    public async Task Consumer_DisposesTwiceAndReadsPastTheEnd_NothingHappens()
    {
        LadderLab.GoOnInline();
        var ladder = _lab.Whole();
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        while (await stream.MoveNextAsync())
        {
        }

        Assert.False(await stream.MoveNextAsync());
        await stream.DisposeAsync();
        await stream.DisposeAsync();

        AssertIsFree(ladder);
    }

    private static async Task<bool> ReadOneContentAsync(IChatClient ladder)
    {
        await foreach (var update in ladder.GetStreamingResponseAsync(LadderLab.Ask()).ConfigureAwait(false))
        {
            if (update.Text.Length > 0)
            {
                break;
            }
        }

        return true;
    }

    private void AssertIsFree(IChatClient ladder)
    {
        Assert.Equal(0, _lab.Clock.ArmedTimers);
        Assert.Equal(0, _lab.Primary.InFlight + _lab.Primary.OpenEnumerators);
        Assert.Equal(0, _lab.Cheaper.InFlight + _lab.Cheaper.OpenEnumerators);
        Assert.NotNull(ladder);
    }
}
