namespace Resilient.Llm.Tests.Caching;

/// <summary>A stream that is disposed while a slow store is still being asked.</summary>
public sealed class AbandonedLookUpTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stream_DisposedDuringTheLookUp_NobodyIsAskedAnyMore(bool isFound)
    {
        Asking.DriveClockByHand();
        var lab = new LadderLab();
        var lookUp = new TaskCompletionSource<byte[]?>();
        var ladder = lab.Models(chat => chat
            .WithRateLimit(static limits => limits.MaxConcurrentCalls = 1)
            .AddCachedAnswers(cache =>
            {
                cache.Mode = CachedAnswerMode.ReadThrough;
                cache.UseDistributedCache(new FakeDistributedCache { OnGet = () => lookUp.Task });
            }));
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = stream.MoveNextAsync().AsTask();

        await stream.DisposeAsync();
        lookUp.SetResult(isFound ? [1] : null);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(0, lab.Primary.CallCount + lab.Primary.OpenEnumerators);
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }
}
