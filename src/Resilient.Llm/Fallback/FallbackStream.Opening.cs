using System.Runtime.CompilerServices;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Fallback;

/// <content>Up to the first content: one rung after the other, until there is something to deliver.</content>
internal sealed partial class FallbackStream
{
    /// <summary>Before the first content: asks one rung after the other until there is something to deliver.</summary>
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

                if (_leg is null && _race is null && !_walk.MoveNext() && !await _walk.MoveToReopenedAsync(_token, _waits.Begin(_token)).ConfigureAwait(false))
                {
                    throw _walk.Exhausted();
                }

                if (_walk.Attempt.Step.Local is { } local)
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

                    _leg!.Gate.TryTake(out var first);
                    _leg.Delivered = _inner.Stream is null ? AttemptDelivery.Reasoning : AttemptDelivery.Content;
                    return DeliverHeld(first!, _leg);
                }
                catch (Exception exception) when (!_isDisposed)
                {
                    if (!StepsDown(exception))
                    {
                        throw;
                    }
                }
            }
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

    /// <summary>Reads up to the next update to deliver. With the first content the winner's stream becomes the one to read.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> PullAsync()
    {
        if (_leg is null && _race is null)
        {
            if (_walk.Attempt.HedgeAfter is { } delay)
            {
                _race = new(_walk, delay, _token);
            }
            else
            {
                _leg = new(_walk.Attempt, _token);
            }
        }

        var hasNext = _race is { } race ? (await race.NextAsync().ConfigureAwait(false)).HasNext : await _leg!.PullAsync().ConfigureAwait(false);
        _leg = _race?.Leader?.Stream ?? _leg;
        if (_leg!.Gate.IsCommitted)
        {
            _race = null;
            _inner.Keep(_leg.Take());
            if (!_walk.IsLeftBehind(_token))
            {
                _walk.AnsweredByModel(_leg.Gate.FirstContent?.GetResilienceReport());
            }
        }

        return hasNext;
    }

    private bool StepsDown(Exception exception)
    {
        var race = _race;
        var failed = race?.Leader?.Stream ?? _leg;
        _race = null;
        _leg = null;
        race?.Abandon();
        failed?.Abandon();
        return !_walk.IsLeftBehind(_token)
            && race is not { IsSettled: true }
            && _walk.StepsDown(_walk.Attempt, exception, failed?.Delivered ?? AttemptDelivery.Nothing);
    }

    private async ValueTask<bool> TryAnswerLocallyAsync(ILocalStep local)
    {
        var answer = await local.TryAnswerAsync(_walk.Attempt.Messages, _walk.Attempt.Options, _walk.Context, _token).ConfigureAwait(false);
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
}
