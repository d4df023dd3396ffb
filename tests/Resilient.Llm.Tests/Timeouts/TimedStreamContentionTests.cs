using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

public sealed class TimedStreamContentionTests
{
    /// <summary>The provider's move, the timer, the caller's cancellation and the disposal all come at once, from four threads.</summary>
    [Fact]
    public async Task Stream_EverythingAtOnce_EndsOnceAndIsFreedOnce()
    {
        for (var round = 0; round < 2_000; round++)
        {
            var lab = new LadderLab();
            using var caller = new CancellationTokenSource();
            var client = new HandFedClient();
            var stream = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.FromSeconds(1) }, lab.Clock)
                .GetStreamingResponseAsync(LadderLab.Ask(), cancellationToken: caller.Token).GetAsyncEnumerator();
            var move = stream.MoveNextAsync().AsTask();
            using var gun = new Barrier(4);

            await Task.WhenAll(
                RunAsync(gun, () => client.Feed(new TextContent("a"))),
                RunAsync(gun, () => lab.Clock.Advance(TimeSpan.FromSeconds(1))),
                RunAsync(gun, caller.Cancel),
                RunAsync(gun, () => stream.DisposeAsync().AsTask().Wait()));

            Assert.True(move.IsCompleted, $"Round {round}: nobody ended the move.");
            Assert.True(move.Exception?.InnerException is null or TimeoutException or OperationCanceledException, $"{move.Exception}");
            Assert.Equal(1, client.Disposals);
            Assert.Equal(0, lab.Clock.ArmedTimers);
        }
    }

    private static Task RunAsync(Barrier gun, Action action) => Task.Factory.StartNew(
        () =>
        {
            gun.SignalAndWait();
            action();
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
