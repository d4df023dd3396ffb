using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <content>Up to the first content.</content>
internal sealed partial class FallbackStream
{
    /// <summary>Asks one step after the other until there is something to deliver.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync()
    {
        try
        {
            while (true)
            {
                if (_isDisposed)
                {
                    throw InnerStream.Left();
                }

                if (_attempt is null
                    && _race is null
                    && !_selector.MoveNext()
                    && !await _selector.MoveToReopenedAsync(_token, _waits.Begin(_token)).ConfigureAwait(false))
                {
                    // A refusal that goes to the caller after all has been thrown before: it keeps its stack.
                    ExceptionDispatchInfo.Throw(_selector.Exhausted().Exception);
                }

                if (_selector.Attempt.Step.Local is { } local)
                {
                    if (await TryAnswerLocallyAsync(local).ConfigureAwait(false))
                    {
                        return TryTakeLocal();
                    }

                    continue;
                }

                try
                {
                    if (!await PullAsync().ConfigureAwait(false))
                    {
                        return false;
                    }

                    _attempt!.Gate.TryTake(out var first);
                    _attempt.Delivered = _inner.Stream is null ? AttemptDelivery.Reasoning : AttemptDelivery.Content;
                    if (DeliverHeld(first!, _attempt))
                    {
                        return true;
                    }

                    break;
                }
                catch (Exception exception) when (!_isDisposed)
                {
                    if (!StepsDown(exception))
                    {
                        throw;
                    }
                }
            }

            // The first content is a number: it waits for what comes next.
            return await MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            _isOver = true;
            throw;
        }
        finally
        {
            LetGoIfDisposed();
        }
    }

    /// <summary>Reads up to the next update to deliver. From the first content on, the winner's stream is read.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> PullAsync()
    {
        if (_attempt is null && _race is null)
        {
            if (_selector.Attempt.HedgeAfter is { } delay)
            {
                _race = new(_selector, delay, _token);
            }
            else
            {
                _attempt = new(_selector.Attempt, _token);
            }
        }

        var hasNext = _race is { } race
            ? (await race.NextAsync().ConfigureAwait(false)).HasNext
            : await _attempt!.PullAsync().ConfigureAwait(false);
        _attempt = _race?.Leader?.Stream ?? _attempt;
        if (_attempt!.Gate.IsCommitted)
        {
            _race = null;
            _inner.Keep(_attempt.Take());
            if (!_selector.Request.IsLeftBehind(_token))
            {
                _selector.Recorder.AnsweredByModel(_selector.Attempt, _attempt.Gate.Report);
            }
        }

        return hasNext;
    }

    private bool StepsDown(Exception exception)
    {
        var race = _race;
        var failed = race?.Leader?.Stream ?? _attempt;
        _race = null;
        _attempt = null;
        race?.Abandon();
        failed?.Abandon();
        return !_selector.Request.IsLeftBehind(_token)
            && race is not { IsSettled: true }
            && _selector.StepsDown(_selector.Attempt, exception, failed?.Delivered ?? AttemptDelivery.Nothing);
    }

    private async ValueTask<bool> TryAnswerLocallyAsync(ILocalStep local)
    {
        var attempt = _selector.Attempt;
        var answer = await local.TryAnswerAsync(attempt.Messages, attempt.Options, _selector.Request.Context, _token).ConfigureAwait(false);
        if (answer is null)
        {
            _selector.Recorder.Declined(attempt);
            return false;
        }

        _selector.Recorder.Answered(_selector.Attempt, answer.Age);
        answer.Response.ConversationId = _selector.Request.Options.ConversationId;
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
}
