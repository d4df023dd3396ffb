using System.Threading.Tasks.Sources;
using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Timeouts;

/// <summary>A stream with time limits: until its first content, then between contents.</summary>
/// <remarks>
/// <para>
/// A completed move passes through. A pending one is raced against one timer per stream and the caller's token; the loser is abandoned. The
/// timer is armed when a wait begins and, when it fires too early, re-armed for the rest: no update touches a timer. The clock runs only
/// while the provider is asked for more, so a slow consumer never times a provider out.
/// </para>
/// <para>The inner enumerator must not be disposed while it moves: an abandoned one is disposed when its move ends.</para>
/// </remarks>
internal sealed partial class TimedStream : IAsyncEnumerator<ChatResponseUpdate>, IValueTaskSource<bool>
{
    private const string NoFirstContent = "No first content in time: the attempt was cut off.";

    // The timer only ends a wait. A provider that reasons endlessly without a wait is detected by reading the clock every few moves.
    private const int MovesPerLook = 64;

    private readonly Lock _lock = new();
    private readonly IChatClient _client;
    private readonly StreamRequest _request;
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan? _firstContentTimeout;
    private readonly TimeSpan _idleTimeout;
    private readonly CancellationToken _callerToken;
    private readonly CancellationTokenSource? _linked;

    // Not pooled and never disposed: the inner client may keep the token for longer than the stream.
    private readonly CancellationTokenSource _source = new();

    private ManualResetValueTaskSourceCore<bool> _waiter;
    private System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _move;
    private Action? _onMoved;
    private IAsyncEnumerator<ChatResponseUpdate>? _inner;
    private CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private long _armedFor = long.MaxValue;
    private long _firstContentDue;
    private long _waitingSince;

    // Time spent on keep-alives since the last content, without the time that the consumer took over them.
    private long _waitedBefore;
    private bool _isWaiting;
    private bool _isIdleWatched;
    private bool _hasContent;
    private int _movesWithoutContent;

    private bool _hasEnded;

    // True while a move is called and awaited and its result is read. Written without a lock (see DisposeAsync), which would cost too much
    // per update.
    private volatile bool _isInnerMoving;
    private volatile bool _isOver;
    private volatile bool _isDisposed;

    public TimedStream(
        IChatClient client, StreamRequest request, ChatTimeoutOptions options, TimeProvider timeProvider, CancellationToken ofEnumeration)
    {
        _client = client;
        _request = request;
        _timeProvider = timeProvider;
        _firstContentTimeout = options.FirstContentTimeout;
        _idleTimeout = options.IdleTimeout;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _callerToken);
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isOver)
        {
            // A clean end only if the stream has ended: otherwise a reader would take a part for the whole answer.
            return _isDisposed && !_hasEnded ? ValueTask.FromException<bool>(InnerStream.Left()) : new(false);
        }

        if (_callerToken.IsCancellationRequested)
        {
            // Checked each time: a client that ignores its token and never makes the reader wait would otherwise continue without end.
            _isOver = true;
            DetachedWork.Cancel(_source);
            return ValueTask.FromCanceled<bool>(_callerToken);
        }

        _isInnerMoving = true;
        ValueTask<bool> moved;
        try
        {
            // Checked after the mark is set, and again after opening: otherwise it could be disposed while it moves, or opened after
            // disposal.
            var move = (_isDisposed ? throw InnerStream.Left() : _inner ?? Open()).MoveNextAsync();
            if (!move.IsCompleted)
            {
                return Wait(move);
            }

            moved = new(Moved(move.GetAwaiter().GetResult(), waitedFor: 0));
            _isInnerMoving = false;
        }
        catch (Exception exception)
        {
            _isInnerMoving = false;
            _isOver = true;
            moved = ValueTask.FromException<bool>(DetachedWork.AsSeenBy(exception, _callerToken));
        }

        if (_isDisposed)
        {
            // Disposed meanwhile on another thread, which left the inner stream to this one.
            DisposeInner();
        }

        return moved;
    }

    public ValueTask DisposeAsync()
    {
        bool wasWaiting;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return default;
            }

            _isDisposed = true;
            wasWaiting = _isWaiting;
            _isWaiting = false;
        }

        _timer?.Dispose();
        _registration.Unregister();
        _linked?.Dispose();
        if (!_isOver)
        {
            _isOver = true;
            DetachedWork.Cancel(_source);
            if (!wasWaiting)
            {
                // Another thread may be starting or finishing a move. Either this thread sees its mark, or it sees ours. That takes a fence
                // on both sides; this one fences for every thread, once per abandoned stream instead of twice per update.
                Interlocked.MemoryBarrierProcessWide();
            }
        }

        if (!_isInnerMoving)
        {
            DisposeInner();
        }

        if (wasWaiting)
        {
            _waiter.SetException(new OperationCanceledException("The stream was disposed while it was being read."));
        }

        return default;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private IAsyncEnumerator<ChatResponseUpdate> Open()
    {
        _firstContentDue = AttemptDeadline.Of(_request.Options, _firstContentTimeout, _timeProvider);
        var inner = _client.GetStreamingResponseAsync(_request.Messages, _request.Options, _source.Token).GetAsyncEnumerator(_source.Token);
        _inner = inner;
        return _isDisposed ? throw InnerStream.Left() : inner;
    }

    private bool Moved(bool hasNext, long waitedFor)
    {
        if (_inner is not { } inner || (!hasNext && _isDisposed))
        {
            // Disposed on another thread at this moment.
            throw InnerStream.Left();
        }

        if (!hasNext)
        {
            // In this order: a thread that sees that it is over may dispose it.
            _hasEnded = true;
            _isInnerMoving = false;
            _isOver = true;
            return false;
        }

        Current = inner.Current;
        if (_hasContent && _waitingSince == 0)
        {
            // The reader did not have to wait: the update's content changes nothing.
            return true;
        }

        var kind = UpdateClassifier.Classify(Current);
        if (kind != UpdateKind.Preamble)
        {
            _waitedBefore = 0;
            _isIdleWatched = true;
            _hasContent |= kind.Commits();
        }
        else
        {
            _waitedBefore += waitedFor;
        }

        if (!_hasContent && ++_movesWithoutContent % MovesPerLook == 0 && _timeProvider.GetTimestamp() >= _firstContentDue)
        {
            DetachedWork.Cancel(_source, _timeProvider);
            throw new TimeoutException(NoFirstContent);
        }

        return true;
    }

    /// <summary>Disposes the inner enumerator without waiting for it: its client may hang there too.</summary>
    private void DisposeInner()
    {
        if (Interlocked.Exchange(ref _inner, null) is { } inner)
        {
            DetachedWork.Dispose(inner);
        }
    }
}
