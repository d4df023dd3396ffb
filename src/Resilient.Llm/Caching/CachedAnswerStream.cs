using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A stream that is taken down while it passes; or, in read-through mode, a stored answer in its place.</summary>
/// <remarks>Written by hand: as an async iterator it would cost several times as much for each update.</remarks>
internal sealed class CachedAnswerStream(
    CachedAnswerChatClient owner, AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken callerToken)
    : IAsyncEnumerable<ChatResponseUpdate>
{
    private CachedAnswerChatClient Owner => owner;

    private AnswerQuestion Question => question;

    private CancellationToken CallerToken => callerToken;

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(this, cancellationToken);

    private IAsyncEnumerable<ChatResponseUpdate> Open() => owner.OpenStream(messages, options, callerToken);

    private sealed class Enumerator(CachedAnswerStream stream, CancellationToken enumeratorToken) : IAsyncEnumerator<ChatResponseUpdate>
    {
        private readonly AnswerRecorder _recorder = new();
        private IAsyncEnumerator<ChatResponseUpdate>? _inner;
        private ChatResponseUpdate[]? _stored;
        private int _nextStored;
        private bool _isOver;
        private volatile bool _isDisposed;

        public ChatResponseUpdate Current { get; private set; } = null!;

        public ValueTask<bool> MoveNextAsync()
        {
            if (_inner is null)
            {
                return _stored is null ? StartAsync() : new(NextStored());
            }

            var move = _inner.MoveNextAsync();
            return move.IsCompletedSuccessfully ? new(Note(move.Result)) : AwaitAsync(move);
        }

        public ValueTask DisposeAsync()
        {
            _isDisposed = true;
            return _inner?.DisposeAsync() ?? default;
        }

        private async ValueTask<bool> StartAsync()
        {
            var token = stream.CallerToken.CanBeCanceled ? stream.CallerToken : enumeratorToken;
            if (await stream.Owner.LookUpAsync(stream.Question, token).ConfigureAwait(false) is { } stored)
            {
                stream.Owner.MarkServed(stream.Question, stored);
                _stored = stored.Content.ToUpdates();
                return NextStored();
            }

            if (_isDisposed)
            {
                // During the look-up. Nobody would ever dispose what is opened now.
                throw new OperationCanceledException("The stream was disposed while it was being read.");
            }

            stream.Question.Trace?.BeginAttempt();
            _inner = stream.Open().GetAsyncEnumerator(enumeratorToken);
            return Note(await _inner.MoveNextAsync().ConfigureAwait(false));
        }

        /// <summary>The pooled builder keeps pending updates free of allocations.</summary>
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<bool> AwaitAsync(ValueTask<bool> move) => Note(await move.ConfigureAwait(false));

        private bool Note(bool hasUpdate)
        {
            if (hasUpdate)
            {
                Current = _inner!.Current;
                _recorder.Add(Current);
                return true;
            }

            // Only a stream that was read to its end is an answer.
            if (!_isOver)
            {
                _isOver = true;
                stream.Owner.Record(stream.Question, _recorder.ToContent());
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
