using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A provider that keeps account of every enumerator it hands out: disposed how often, and whether in the middle of a move, which enumerators do not bear.</summary>
internal sealed class CountingStreams : IChatClient
{
    private readonly ConcurrentQueue<Enumerator> _opened = new();

    /// <summary>Called while a stream is being opened, with its number: 1 for the first.</summary>
    public Action<int>? Opening { get; init; }

    /// <summary>Called in place when a move begins, with its number.</summary>
    public Action<int>? Entering { get; init; }

    /// <summary>Awaited in each move: the number of the stream, and of the move. What it throws, the move throws.</summary>
    public Func<int, int, ValueTask>? Moving { get; init; }

    public int Chunks { get; init; } = 3;

    /// <summary>Since the last account was settled.</summary>
    public int Opened => _opened.Count;

    public int Open => _opened.Count(static e => e.Disposals == 0);

    public void AssertEachDisposedOnce(string because = "")
    {
        Assert.All(_opened, e => Assert.True(e.Disposals == 1, $"Stream {e.Number} was disposed {e.Disposals} times. {because}"));
        Assert.All(_opened, e => Assert.False(e.WasDisposedWhileMoving, $"Stream {e.Number} was disposed while it moved. {because}"));
        _opened.Clear();
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => new Stream(this);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private Enumerator OpenNext()
    {
        var enumerator = new Enumerator(this, _opened.Count + 1);
        _opened.Enqueue(enumerator);
        Opening?.Invoke(enumerator.Number);
        return enumerator;
    }

    private sealed class Stream(CountingStreams client) : IAsyncEnumerable<ChatResponseUpdate>
    {
        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => client.OpenNext();
    }

    private sealed class Enumerator(CountingStreams client, int number) : IAsyncEnumerator<ChatResponseUpdate>
    {
        private int _disposals;
        private int _moves;
        private int _isMoving;

        public int Number => number;

        public int Disposals => Volatile.Read(ref _disposals);

        public bool WasDisposedWhileMoving { get; private set; }

        public ChatResponseUpdate Current { get; private set; } = new();

        public async ValueTask<bool> MoveNextAsync()
        {
            Interlocked.Exchange(ref _isMoving, 1);
            try
            {
                var move = ++_moves;
                client.Entering?.Invoke(move);
                if (client.Moving is { } moving)
                {
                    await moving(number, move).ConfigureAwait(false);
                }

                Current = new(ChatRole.Assistant, $"{move}") { MessageId = "m", FinishReason = move == client.Chunks ? ChatFinishReason.Stop : null };
                return move <= client.Chunks;
            }
            finally
            {
                Interlocked.Exchange(ref _isMoving, 0);
            }
        }

        public ValueTask DisposeAsync()
        {
            WasDisposedWhileMoving |= Interlocked.CompareExchange(ref _isMoving, 0, 0) != 0;
            Interlocked.Increment(ref _disposals);
            return default;
        }
    }
}
