using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <content>Where every model is closed and nothing below them answers: waiting, bounded, for the one that reopens first.</content>
internal sealed partial class CandidateSelector
{
    // The second is for those who wake up together and find the one probe taken: by its end they know more. Nobody asks again and again.
    private const int MostWaits = 2;

    private int _waits;
    private long _waitUntil;

    /// <summary>Waits for a model to reopen and moves to it. False: nobody reopens in time, or somebody else is still finding out whether it is back.</summary>
    /// <param name="received">The token that this ladder was called with.</param>
    /// <param name="ofWait">Ends the wait; the same, or one that ends with its stream too.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<bool> MoveToReopenedAsync(CancellationToken received, CancellationToken ofWait)
    {
        while (NextReopening() is { } at)
        {
            _waits++;
            try
            {
                await context.TimeProvider.DelayUntilAsync(at, ofWait).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (context.IsCancelledByCaller)
            {
                // A caller that cancelled gets its own token back, whichever ended the wait.
                throw new OperationCanceledException(context.CallerToken);
            }

            if (IsLeftBehind(received))
            {
                return false;
            }

            if (MoveToReopened())
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The timestamp at which asking again makes sense; null when that is too late, or never.</summary>
    private long? NextReopening()
    {
        if (_modelsCalled > 0 || !options.Attempt.IsLastModel || _waits == MostWaits || ladder.Options.MaxWaitForReopening == TimeSpan.Zero)
        {
            return null;
        }

        var clock = context.TimeProvider;
        _waitUntil = _waits == 0 ? clock.TimestampIn(ladder.Options.MaxWaitForReopening) : _waitUntil;
        long? at = null;
        foreach (var step in _steps)
        {
            if (MayAsk(step)
                && Reopening(step.Availability?.Check() ?? Availability.Open, clock) is { } reopensAt
                && !(reopensAt >= at))
            {
                at = reopensAt;
            }
        }

        return at <= _waitUntil && ladder.TimeShare.Slice(context, at.Value, isLastModel: true, keepsReserve: false) is not null ? at : null;
    }

    private long? Reopening(Availability availability, TimeProvider clock) =>
        availability.IsAvailable || availability.IsLeftToProbe ? clock.GetTimestamp()
        : availability.IsIsolated || availability.IsOwnLimit ? null

        // A little later than it says: spans are coarser than timestamps. While a probe is out nobody knows how long; then what is left of the wait must do.
        : availability.ReopensIn is { } rest ? clock.TimestampIn(rest + TimeSpan.FromMilliseconds(1)) : _waitUntil;

    private bool MoveToReopened()
    {
        context.Attempts.Begin();
        for (_index = 0; _index < _steps.Length; _index++)
        {
            var step = _steps[_index];
            if (MayAsk(step)
                && (step.Availability?.Check() ?? Availability.Open) is { IsAvailable: true } or { IsLeftToProbe: true }
                && TryAsk(step, AttemptRole.Ordinary, context.Attempts.StartedAt, takesTrial: true))
            {
                return true;
            }
        }

        return false;
    }
}
