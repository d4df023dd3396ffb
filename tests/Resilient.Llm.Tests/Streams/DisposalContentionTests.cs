using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Tests;

/// <summary>Disposal against moves, on two threads, as often as it takes to meet in every place.</summary>
public sealed class DisposalContentionTests
{
    private const int Rounds = 4_000;

    /// <summary>A provider that answers in place or changes threads, and one whose first stream fails, so that a second is opened.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Stream_DisposedByAnotherThreadAtAnyMoment_EveryInnerStreamIsDisposedOnceAndEveryPermitReturned(bool hops, bool fails)
    {
        var unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs args) =>
            Interlocked.Add(ref unobserved, args.Exception.InnerExceptions.Count(static e => e is OfThisTestException));

        var provider = new CountingStreams
        {
            Moving = async (number, _) =>
            {
                if (hops)
                {
                    await Task.Yield();
                }

                if (fails && number == 1)
                {
                    throw new OfThisTestException();
                }
            },
        };
        using var limited = new RateLimitChatClient(Inside(provider), new() { MaxConcurrentCalls = 1, MaxWait = TimeSpan.FromSeconds(30) });
        var retrying = new RetryChatClient(limited, new() { BudgetFloor = int.MaxValue }, randomizer: static () => 0);
        using var client = new CachedAnswerChatClient(retrying, new() { Mode = CachedAnswerMode.ReadThrough });
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            IAsyncEnumerator<ChatResponseUpdate> stream = null!;
            using var gun = new Barrier(2);
            var disposer = Task.Factory.StartNew(
                () =>
                {
                    for (var round = 0; round < Rounds; round++)
                    {
                        gun.SignalAndWait();
                        Thread.SpinWait(round % 500);
                        stream.DisposeAsync().AsTask().Wait();
                        gun.SignalAndWait();
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);

            for (var round = 0; round < Rounds; round++)
            {
                stream = client.GetStreamingResponseAsync(LadderLab.Ask($"question {round}")).GetAsyncEnumerator();
                gun.SignalAndWait();
                var reading = ReadAsync(stream);
                gun.SignalAndWait();

                await reading.WaitAsync(TimeSpan.FromSeconds(30));
                Assert.True(SpinWait.SpinUntil(() => provider.Open == 0, TimeSpan.FromSeconds(30)), $"Round {round}: a stream is left that nobody disposes.");
                provider.AssertEachDisposedOnce($"Round {round}.");
                Assert.Equal(0, limited.Limiter!.InProgress);
            }

            await disposer;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Assert.Equal(0, Volatile.Read(ref unobserved));
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }
    }

    private static CircuitBreakerChatClient Inside(CountingStreams provider)
    {
        var piped = new PipelineChatClient(provider, new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromMinutes(1)).Build());
        return new(new TimeoutChatClient(piped), new() { FailureThreshold = 10_000, ConsecutiveFailures = 10_000 });
    }

    private static async Task ReadAsync(IAsyncEnumerator<ChatResponseUpdate> stream)
    {
        try
        {
            while (await stream.MoveNextAsync().ConfigureAwait(false))
            {
                Assert.NotNull(stream);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or OfThisTestException)
        {
            // Left, or failed before it was left.
        }
    }

    private sealed class OfThisTestException : IOException;
}
