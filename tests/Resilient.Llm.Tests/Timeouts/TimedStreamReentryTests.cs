using System.Threading.Tasks.Sources;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class TimedStreamReentryTests
{
    [Fact]
    public async Task Stream_DisposedInTheMomentItsMoveEnds_EndsAsCancelled()
    {
        LadderLab.GoOnInline();
        var source = new DisposingSource();
        var stream = new TimeoutChatClient(source).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        source.Reader = stream;
        var move = stream.MoveNextAsync().AsTask();

        source.EndMove();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(1, source.Disposals);
    }

    [BothWays]
    public async Task Clock_WhoseTimersFireAsSoonAsTheyAreArmed_EverythingEndsInPlace(bool streaming)
    {
        LadderLab.GoOnInline();
        var client = new ScriptedChatClient().Always(Scripted.Hang());
        var time = TimeSpan.FromSeconds(1);
        using var timed = new TimeoutChatClient(client, new() { AttemptTimeout = time, FirstContentTimeout = time }, new EagerClock());

        await Assert.ThrowsAsync<TimeoutException>(() => timed.AskAsync(streaming));

        Assert.Equal(0, client.InFlight + client.OpenEnumerators);
    }

    /// <summary>A stream that is disposed by its reader while it hands over the result of its move.</summary>
    private sealed class DisposingSource : IChatClient, IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>, IValueTaskSource<bool>
    {
        private readonly TaskCompletionSource _end = new();

        public IAsyncEnumerator<ChatResponseUpdate>? Reader { get; set; }

        public int Disposals { get; private set; }

        public ChatResponseUpdate Current { get; } = new(ChatRole.Assistant, "a");

        public void EndMove() => _end.SetResult();

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => this;

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => new(this, 0);

        public bool GetResult(short token)
        {
            Reader!.DisposeAsync().AsTask().Wait();
            return true;
        }

        public ValueTaskSourceStatus GetStatus(short token) => _end.Task.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _end.Task.ConfigureAwait(false).GetAwaiter().OnCompleted(() => continuation(state));

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return default;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    private sealed class EagerClock : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new EagerTimer(this, callback, state);
            timer.Change(dueTime, period);
            return timer;
        }

        private sealed class EagerTimer(EagerClock clock, TimerCallback callback, object? state) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    clock._now += dueTime.Ticks;
                    callback(state);
                }

                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
