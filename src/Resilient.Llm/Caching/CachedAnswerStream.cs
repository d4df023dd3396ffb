using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Caching;

/// <summary>A stream that is recorded while it passes; in read-through mode, a stored answer in its place.</summary>
/// <remarks>Written by hand: an async iterator costs several times as much for each update.</remarks>
internal sealed class CachedAnswerStream(
    CachedAnswerChatClient owner,
    AnswerQuestion question,
    IReadOnlyList<ChatMessage> messages,
    ChatOptions? options,
    CancellationToken callerToken)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    private CachedAnswerChatClient Owner => owner;

    private AnswerQuestion Question => question;

    private CancellationToken CallerToken => callerToken;

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new Enumerator(this, cancellationToken);

    private IAsyncEnumerable<ChatResponseUpdate> Open() => owner.OpenStream(messages, options, callerToken);

    private sealed class Enumerator(CachedAnswerStream stream, CancellationToken enumeratorToken) : IAsyncEnumerator<ChatResponseUpdate>
    {
        private readonly AnswerRecorder _recorder = new();
        private InnerStream _inner;
        private ChatResponseUpdate[]? _stored;
        private int _nextStored;
        private bool _isOver;

        public ChatResponseUpdate Current { get; private set; } = null!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_stored is not null)
            {
                return new(NextStored());
            }

            if (_inner.Stream is not { } inner)
            {
                return StartAsync();
            }

            try
            {
                var move = inner.MoveNextAsync();
                return move.IsCompletedSuccessfully ? new(Note(move.Result)) : AwaitAsync(move);
            }
            catch (Exception exception)
            {
                return ValueTask.FromException<bool>(exception);
            }
        }

        public ValueTask DisposeAsync() => _inner.CloseAsync();

        private async ValueTask<bool> StartAsync()
        {
            var token = stream.CallerToken.CanBeCanceled ? stream.CallerToken : enumeratorToken;
            if (await stream.Owner.LookUpAsync(stream.Question, token).ConfigureAwait(false) is { } stored)
            {
                stream.Owner.MarkServed(stream.Question, stored);
                _stored = stream.Owner.ToUpdates(stored, isDegraded: false);
                return NextStored();
            }

            if (_inner.IsClosed)
            {
                // Disposed during the look-up: ask no model.
                throw InnerStream.Left();
            }

            stream.Question.Context?.Attempts.Begin();
            var inner = _inner.Keep(stream.Open().GetAsyncEnumerator(enumeratorToken));
            return Note(await inner.MoveNextAsync().ConfigureAwait(false));
        }

        /// <summary>The pooled builder keeps pending updates free of allocations.</summary>
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> AwaitAsync(ValueTask<bool> move) => Note(await move.ConfigureAwait(false));

        private bool Note(bool hasUpdate)
        {
            if (hasUpdate)
            {
                Current = _inner.Stream!.Current;
                _recorder.Add(Current);
                return true;
            }

            if (_inner.IsClosed)
            {
                // It ended because it was disposed.
                throw InnerStream.Left();
            }

            // Only a stream that was read to its end is an answer.
            if (!_isOver)
            {
                _isOver = true;
                stream.Owner.Record(stream.Question, _recorder);
            }

            return false;
        }

        private bool NextStored()
        {
            if (_nextStored == _stored!.Length)
            {
                return false;
            }

            Current = _stored[_nextStored++];
            return true;
        }
    }
}
