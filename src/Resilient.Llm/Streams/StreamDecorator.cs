using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Streams;

/// <summary>
/// A stream layer: combines the tokens, opens the stream inside with its first move and disposes it, watches what passes and passes it on
/// unchanged.
/// </summary>
/// <remarks>
/// Hand-written because an async iterator per layer costs several times as much: an update that is already there goes through without
/// an allocation, a pending one through a pooled state machine. One consumer at a time, as for every enumerator.
/// </remarks>
internal abstract class StreamDecorator : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly CancellationTokenSource? _linked;
    private InnerStream _inner;

    // The end is told once, whether it is found by the move or by a disposal on another thread.
    private bool _isOver;

    protected StreamDecorator(CancellationToken ofMethod, CancellationToken ofEnumeration)
    {
        _linked = CancellationTokens.Combine(ofMethod, ofEnumeration, out var token);
        Token = token;
    }

    // Kept here rather than asked of the layer inside: else every reader asks the whole depth of the chain.
    public virtual ChatResponseUpdate Current { get; private set; } = null!;

    /// <summary>The caller's token, whichever way it was given.</summary>
    protected CancellationToken Token { get; }

    /// <summary>The stream inside.</summary>
    protected ref InnerStream Inner => ref _inner;

    /// <summary>
    /// Moves the stream inside. A layer that opens more than one stream for the same answer moves them itself, until nothing can take the
    /// place of the one that answers.
    /// </summary>
    public virtual ValueTask<bool> MoveNextAsync()
    {
        try
        {
            var move = _inner.Stream is { } inner ? inner.MoveNextAsync() : OpenAndMove();
            return move.IsCompletedSuccessfully ? new(Moved(move.Result)) : AwaitAsync(move);
        }
        catch (Exception exception)
        {
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

    /// <summary>The first move. One that has to wait, or is refused, never opens the stream.</summary>
    protected virtual ValueTask<bool> OpenAndMove()
    {
        using (EnterFirstMove())
        {
            _inner.BeginOpening();
            return _inner.Keep(Open()).MoveNextAsync();
        }
    }

    /// <summary>What must surround the opening and the first move, in which clients send their request.</summary>
    protected virtual AmbientScope<RetryAfterScope.Box> EnterFirstMove() => default;

    /// <summary>An update is about to be passed on. May throw: the stream then ends with that exception.</summary>
    protected virtual void OnUpdate(ChatResponseUpdate update)
    {
    }

    /// <summary>The stream ended cleanly. May throw: the end then becomes that failure.</summary>
    protected virtual void OnEnd()
    {
    }

    /// <summary>The stream failed, inside or in <see cref="OnUpdate"/> or <see cref="OnEnd"/>. Must not throw.</summary>
    protected virtual void OnError(Exception exception)
    {
    }

    /// <summary>The consumer disposes the stream: the first thing that happens then. Must not throw.</summary>
    protected virtual void OnDisposing()
    {
    }

    /// <summary>The consumer walked away before the end; the stream inside is disposed. Must not throw.</summary>
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

    private void Failed(Exception exception)
    {
        if (!IsFirstEnd())
        {
            return;
        }

        // A move that the consumer left behind when it disposed the stream ends with an exception of our own making: that is no failure
        // of the stream.
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
        catch (Exception exception) when (IsOnlySeen(exception))
        {
            throw;
        }
    }

    /// <summary>Always false: as an exception filter it sees the failure and saves a throw for each layer that it passes.</summary>
    private bool IsOnlySeen(Exception exception)
    {
        Failed(exception);
        return false;
    }
}
