using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <summary>A stream through the ladder: steps down unseen until the first content; a later break is continued or interrupts.</summary>
internal sealed partial class FallbackStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly CandidateSelector _selector;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private DeliveredUpdates _delivered;

    // Up to the first content: the attempt, or several at once.
    private StreamAttempt? _attempt;
    private AttemptRace<StreamRunner>? _race;

    // From the first content on: a model's stream, or a continuation by another model.
    private InnerStream _inner;
    private WaitCancellation _waits;
    private Continuations? _continuations;

    private ChatResponseUpdate[]? _localAnswer;
    private int _localIndex;
    private bool _isPassing;

    // Failed (nothing more is delivered), or ended normally.
    private bool _isOver;
    private bool _hasEnded;
    private volatile bool _isDisposed;

    public FallbackStream(FallbackChain chain, StreamRequest request, CancellationToken ofEnumeration)
    {
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
        var options = request.Options;
        var context = RequestContext.Ensure(ref options, out var own, chain.TimeProvider, isStreaming: true, _token);
        _selector = new(new(chain, context, own, MessageList.Of(request.Messages)));
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (!_isPassing)
        {
            if (_attempt is { } attempt && attempt.Gate.TryTake(out var held))
            {
                return new(DeliverHeld(held, attempt));
            }

            if (_localAnswer is not null)
            {
                return new(TryTakeLocal());
            }

            if (_isOver)
            {
                // It has failed; like every enumerator it then stays at its end.
                return new(false);
            }

            if (_inner.Stream is null)
            {
                return AdvanceAsync();
            }

            _attempt = null;
            _isPassing = true;
        }

        ValueTask<bool> move;
        try
        {
            move = _inner.Stream!.MoveNextAsync();
        }
        catch (Exception exception)
        {
            move = ValueTask.FromException<bool>(exception);
        }

        return move.IsCompletedSuccessfully ? new(move.Result ? Deliver() : End()) : AwaitAsync(move);
    }

    public async ValueTask DisposeAsync()
    {
        // First: a pending move ends now, and must neither step down nor be reported as a failure.
        _isDisposed = true;
        Interlocked.MemoryBarrier();
        _waits.End();
        try
        {
            _race?.Abandon();
            if (_attempt is { } attempt)
            {
                await attempt.DisposeAsync().ConfigureAwait(false);
            }

            await _inner.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            if (!_selector.Request.IsLeftBehind(_token))
            {
                _selector.ReleaseReservation();
            }

            if (_isOver || _hasEnded)
            {
                // Otherwise a move on another thread may still deliver into an array that another request has rented by then. An
                // unfinished one is left to the garbage collector.
                _delivered.Dispose();
            }

            _linked?.Dispose();
        }
    }

    /// <summary>After the first content: a failure can no longer be hidden.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> move)
    {
        try
        {
            while (true)
            {
                ContinuedStream? next;
                try
                {
                    return await move.ConfigureAwait(false) ? Deliver() : End();
                }
                catch (Exception exception) when (!_isDisposed && !_selector.Request.IsLeftBehind(_token))
                {
                    next = Continue(exception);
                }

                if (next is null)
                {
                    return false;
                }

                move = next.MoveNextAsync();
            }
        }
        catch (Exception)
        {
            _isOver = true;
            _isPassing = false;
            throw;
        }
        finally
        {
            LetGoIfDisposed();
        }
    }

    private ContinuedStream? Continue(Exception exception)
    {
        var broken = _inner.Stream as ContinuedStream;
        _inner.Drop();
        _continuations ??= new(_selector, _token);
        var next = _continuations.Next(exception, broken, _delivered);
        if (next is null)
        {
            // A further move ends as well.
            _isOver = true;
            _isPassing = false;
            return null;
        }

        _inner.Keep(next);
        return next;
    }

    /// <summary>A disposal during a move may have missed what the move was just opening.</summary>
    private void LetGoIfDisposed()
    {
        Interlocked.MemoryBarrier();
        if (_isDisposed)
        {
            _race?.Abandon();
            _attempt?.Abandon();
            if (!_selector.Request.IsLeftBehind(_token))
            {
                _selector.ReleaseReservation();
            }
        }
    }

    private bool Deliver() => Deliver(_inner.Stream!.Current);

    // Providers name the conversation in the first or the last update: those between are not checked.
    private bool DeliverHeld(ChatResponseUpdate update, StreamAttempt attempt)
    {
        ConversationIds.Note(_selector.Request, update.ConversationId, attempt.Attempt.Step);
        return Deliver(update, attempt.Attempt.Step);
    }

    private bool End()
    {
        _hasEnded = true;
        ConversationIds.Note(_selector.Request, Current?.ConversationId, _selector.Attempt.Step);
        return false;
    }

    private bool Deliver(ChatResponseUpdate update, Step? author = null)
    {
        ConversationIds.Hide(_selector.Request, update);
        if (TurnMarks.IsNeeded(update))
        {
            TurnMarks.Write(_selector.Request, update, author ?? _selector.Attempt.Step);
        }

        Current = update;
        _delivered.Add(update);
        return true;
    }
}
