using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Streams;

/// <summary>A stream layer: opens the inner stream on the first move, observes the updates unchanged, and disposes it.</summary>
/// <remarks>
/// Written by hand: an async iterator per layer costs several times as much. A ready update passes without an allocation, a pending one
/// through a pooled state machine. One consumer at a time.
/// </remarks>
internal abstract class StreamDecorator : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly CancellationTokenSource? _linked;
    private InnerStream _inner;

    // The end is reported once, whether a move finds it or a disposal on another thread.
    private bool _isOver;

    // The inner stream has ended or failed, and is not moved again: only the last update of the layer itself is left.
    private bool _isEnding;
    private ChatResponseUpdate? _last;

    protected StreamDecorator(CancellationToken ofMethod, CancellationToken ofEnumeration)
    {
        _linked = CancellationTokens.Combine(ofMethod, ofEnumeration, out var token);
        Token = token;
    }

    // Stored here, not read from the inner layer: otherwise every read goes through the whole chain.
    public virtual ChatResponseUpdate Current { get; protected set; } = null!;

    /// <summary>The caller's token, however it was given.</summary>
    protected CancellationToken Token { get; }

    protected ref InnerStream Inner => ref _inner;

    /// <summary>Moves the inner stream. A layer that opens several streams for one answer moves them itself, until one is final.</summary>
    public virtual ValueTask<bool> MoveNextAsync()
    {
        try
        {
            var move = _isEnding ? new(false) : _inner.Stream is { } inner ? inner.MoveNextAsync() : OpenAndMove();
            return move.IsCompletedSuccessfully ? new(Moved(move.Result)) : AwaitAsync(move);
        }
        catch (Exception exception)
        {
            if (IsTheEnd(exception))
            {
                return End();
            }

            Failed(exception);
            return ValueTask.FromException<bool>(exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        var isOpening = false;
        OnDisposing();
        try
        {
            await _inner.CloseAsync(out isOpening).ConfigureAwait(false);
        }
        finally
        {
            _linked?.Dispose();
            if (!isOpening && IsFirstEnd())
            {
                OnAbandoned();
            }
        }
    }

    /// <summary>Starts the inner stream. Called once, by the first move: a stream that is never read costs nothing.</summary>
    protected abstract IAsyncEnumerator<ChatResponseUpdate> Open();

    /// <summary>The first move. If it is refused, or cancelled while it waits, it never opens the stream.</summary>
    protected virtual ValueTask<bool> OpenAndMove()
    {
        using (EnterFirstMove())
        {
            _inner.BeginOpening();
            return _inner.Keep(Open()).MoveNextAsync();
        }
    }

    /// <summary>The scope around the opening and the first move, in which clients send their request.</summary>
    protected virtual AmbientScope<RetryAfterScope.Box> EnterFirstMove() => default;

    /// <summary>Invoked before an update is passed on. May throw: the stream then ends with that exception.</summary>
    protected virtual void OnUpdate(ChatResponseUpdate update)
    {
    }

    /// <summary>Invoked when the inner stream has ended or failed: whether it is over. Must not throw.</summary>
    /// <param name="failure">What it threw; null if it ended normally.</param>
    /// <param name="last">An update to pass on before the end; null for none.</param>
    /// <returns>Whether it is over. False for a failure: it is thrown.</returns>
    protected virtual bool IsOver(Exception? failure, out ChatResponseUpdate? last)
    {
        last = null;
        return failure is null;
    }

    /// <summary>Invoked when the stream ended normally. May throw: the end then becomes that failure.</summary>
    protected virtual void OnEnd()
    {
    }

    /// <summary>Invoked when the stream failed, inside or in <see cref="OnUpdate"/> or <see cref="OnEnd"/>. Must not throw.</summary>
    protected virtual void OnError(Exception exception)
    {
    }

    /// <summary>Invoked first when the consumer disposes the stream. Must not throw.</summary>
    protected virtual void OnDisposing()
    {
    }

    /// <summary>Invoked when the consumer left before the end and the inner stream is disposed. Must not throw.</summary>
    protected virtual void OnAbandoned()
    {
    }

    private bool IsFirstEnd() => !Interlocked.Exchange(ref _isOver, true);

    private bool Moved(bool hasNext)
    {
        if (hasNext)
        {
            OnUpdate(Current = _inner.Stream!.Current);
        }
        else if (_inner.IsClosed)
        {
            // It ended because it was disposed: that is no end of an answer.
            throw InnerStream.Left();
        }
        else if (!_isEnding && IsOver(null, out var last) && last is not null)
        {
            _isEnding = true;
            OnUpdate(Current = last);
            return true;
        }
        else if (IsFirstEnd())
        {
            try
            {
                OnEnd();
            }
            catch (Exception exception)
            {
                OnError(exception);
                throw;
            }
        }

        return hasNext;
    }

    /// <summary>Whether a failure of the inner stream is the end of its answer.</summary>
    private bool IsTheEnd(Exception exception)
    {
        if (_isEnding || _inner.IsClosed || !IsOver(exception, out _last))
        {
            return false;
        }

        _isEnding = true;
        return true;
    }

    private ValueTask<bool> End()
    {
        try
        {
            if (_last is not { } last)
            {
                return new(Moved(false));
            }

            _last = null;
            OnUpdate(Current = last);
            return new(true);
        }
        catch (Exception exception)
        {
            Failed(exception);
            return ValueTask.FromException<bool>(exception);
        }
    }

    private void Failed(Exception exception)
    {
        if (!IsFirstEnd())
        {
            return;
        }

        // A move still pending at the disposal ends with an exception of this library: that is no failure of the stream.
        if (_inner.IsClosed)
        {
            OnAbandoned();
        }
        else
        {
            OnError(exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> move)
    {
        try
        {
            return Moved(await move.ConfigureAwait(false));
        }
        catch (Exception exception) when (IsTheEndOrSeen(exception))
        {
        }

        return await End().ConfigureAwait(false);
    }

    /// <summary>False for a failure: as an exception filter it sees it and saves a rethrow in each layer.</summary>
    private bool IsTheEndOrSeen(Exception exception)
    {
        if (IsTheEnd(exception))
        {
            return true;
        }

        Failed(exception);
        return false;
    }
}
