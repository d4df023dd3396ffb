using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Continuation;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <summary>A stream through the ladder: steps down unseen until the first content; a later break is continued or interrupts.</summary>
internal sealed partial class FallbackStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly CandidateSelector _selector;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;

    // What has arrived; the caller may be a few characters behind where a number or a row is incomplete.
    private DeliveredUpdates _delivered;
    private HeldTail _tail = new();
    private readonly bool _holdsBack;
    private bool _isTailOfBroken;
    private ExceptionDispatchInfo? _interruption;

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

        // What is never continued needs nothing held back.
        _holdsBack = chain.Options.MidStream == MidStreamPolicy.Continue
            && request.Options is not { ConversationId: not null }
            && request.Options?.ResponseFormat is null or ChatResponseFormatText;
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ValueTask<bool> MoveNextAsync()
    {
        while (true)
        {
            if (_tail.Released < _delivered.Count && TryRelease())
            {
                return new(true);
            }

            if (!_isPassing)
            {
                if (_attempt is { } attempt && attempt.Gate.TryTake(out var held))
                {
                    if (DeliverHeld(held, attempt))
                    {
                        return new(true);
                    }

                    continue;
                }

                if (_localAnswer is not null)
                {
                    return new(TryTakeLocal());
                }

                if (_isOver)
                {
                    // It has failed; like every enumerator it then stays at its end.
                    return IsAtEnd();
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

            if (!move.IsCompletedSuccessfully)
            {
                return AwaitAsync(move);
            }

            if (!move.Result)
            {
                return new(End());
            }

            if (Deliver())
            {
                return new(true);
            }
        }
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
                    if (!await move.ConfigureAwait(false))
                    {
                        return End();
                    }

                    if (Deliver())
                    {
                        return true;
                    }

                    move = _inner.Stream!.MoveNextAsync();
                    continue;
                }
                catch (Exception exception) when (!_isDisposed && !_selector.Request.IsLeftBehind(_token))
                {
                    if (!TryContinue(exception, out next, out var isDelivered))
                    {
                        return isDelivered;
                    }

                    if (isDelivered)
                    {
                        return true;
                    }
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
}
