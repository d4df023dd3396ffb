using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A stream on its way down the ladder: steps down unseen until the first content, and is bound to its candidate from there on.</summary>
/// <remarks>One consumer at a time.</remarks>
internal sealed class FallbackStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly LadderWalk _walk;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private CommitGate _gate = new();
    private DeliveredUpdates _delivered;
    private IAsyncEnumerator<ChatResponseUpdate>? _inner;
    private ChatResponseUpdate[]? _localAnswer;
    private int _localIndex;
    private bool _isPassing;
    private bool _isDisposed;

    // While a move is on its way, what was delivered belongs to it.
    private volatile bool _isMoving;

    public FallbackStream(
        Rung[] rungs, TimeShare timeShare, TimeProvider timeProvider, ChatEvents events, StreamRequest request, CancellationToken ofEnumeration)
    {
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
        var options = request.Options;
        var trace = RequestTrace.Ensure(ref options, out var own, timeProvider, isStreaming: true, _token);
        _walk = new(rungs, timeShare, trace, own, MessageList.Of(request.Messages), events);
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (!_isPassing)
        {
            if (_gate.TryTake(out var held))
            {
                return new(Deliver(held));
            }

            if (_localAnswer is not null)
            {
                return new(TryTakeLocal());
            }

            if (!_gate.IsCommitted)
            {
                return AdvanceAsync();
            }

            _isPassing = true;
        }

        ValueTask<bool> move;
        try
        {
            move = _inner!.MoveNextAsync();
        }
        catch (Exception exception)
        {
            move = ValueTask.FromException<bool>(exception);
        }

        return move.IsCompletedSuccessfully ? new(move.Result && Deliver()) : AwaitAsync(move);
    }

    public async ValueTask DisposeAsync()
    {
        // Before anything else: a move that is still pending ends now, and must neither step down nor be told as a failure.
        _isDisposed = true;
        try
        {
            if (_inner is { } inner)
            {
                _inner = null;
                await inner.DisposeAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            if (!_walk.IsLeftBehind(_token))
            {
                _walk.Trace.ReleaseReservation();
            }

            if (!_isMoving)
            {
                // Else the move may be about to deliver: into an array that is another request's by then.
                _delivered.Dispose();
            }

            _linked?.Dispose();
        }
    }

    /// <summary>Before the first content: asks one rung after the other until there is something to deliver.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync()
    {
        _isMoving = true;
        try
        {
            while (true)
            {
                if (_isDisposed)
                {
                    throw new OperationCanceledException("The stream was disposed while it was being read.");
                }

                if (_inner is null && !_walk.MoveNext())
                {
                    throw _walk.Exhausted();
                }

                if (_walk.Rung.Local is { } local)
                {
                    if (await TryAnswerLocallyAsync(local).ConfigureAwait(false))
                    {
                        return TryTakeLocal();
                    }

                    continue;
                }

                try
                {
                    _inner ??= _walk.Rung.Client!.GetStreamingResponseAsync(_walk.Messages, _walk.Options, _token).GetAsyncEnumerator(_token);
                    var hasNext = await _gate.PullAsync(_inner).ConfigureAwait(false);
                    if (_gate.IsCommitted && !_walk.IsLeftBehind(_token))
                    {
                        _walk.AnsweredByModel(_gate.FirstContent?.GetResilienceReport());
                    }

                    return hasNext && _gate.TryTake(out var first) && Deliver(first);
                }
                catch (Exception exception) when (!_isDisposed)
                {
                    if (_inner is { } failed)
                    {
                        _inner = null;
                        Abandoned.Dispose(failed);
                    }

                    _gate = new();
                    if (_walk.IsLeftBehind(_token) || !_walk.StepsDown(exception))
                    {
                        throw;
                    }
                }
            }
        }
        finally
        {
            _isMoving = false;
        }
    }

    /// <summary>After the first content: a failure can no longer be hidden.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> move)
    {
        _isMoving = true;
        try
        {
            return await move.ConfigureAwait(false) && Deliver();
        }
        catch (Exception exception) when (!_isDisposed)
        {
            var kind = _walk.Interrupted(exception);
            if (kind == FailureKind.Cancelled)
            {
                throw;
            }

            throw new ChatStreamInterruptedException(
                $"The stream of {_walk.Rung.Name} broke after its first content ({kind}). {nameof(ChatStreamInterruptedException.PartialResponse)} holds what had arrived.",
                kind,
                _delivered.ToChatResponse(),
                _walk.Trace.ToReport(withAttempts: true),
                exception);
        }
        finally
        {
            _isMoving = false;
        }
    }

    private async ValueTask<bool> TryAnswerLocallyAsync(ILocalRung local)
    {
        var answer = await local.TryAnswerAsync(_walk.Messages, _walk.Options, _walk.Trace, _token).ConfigureAwait(false);
        if (answer is null)
        {
            _walk.Declined();
            return false;
        }

        _walk.Answered(answer.Age);
        _localAnswer = answer.Response.ToChatResponseUpdates();
        return true;
    }

    private bool TryTakeLocal()
    {
        if (_localIndex == _localAnswer!.Length)
        {
            return false;
        }

        Current = _localAnswer[_localIndex++];
        return true;
    }

    private bool Deliver() => _inner is { } inner
        ? Deliver(inner.Current)
        : throw new OperationCanceledException("The stream was disposed while it was being read.");

    private bool Deliver(ChatResponseUpdate update)
    {
        Current = update;
        _delivered.Add(update);
        return true;
    }
}
