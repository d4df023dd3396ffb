using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>A bounded wait for the first model to reopen, for a request that no model could take and no step below answered.</summary>
internal sealed class ReopeningWait(FallbackRequest request, Eligibility eligibility)
{
    // The second is for requests that wake together and find the single probe taken: at its end they know more. More would be polling.
    private const int MostWaits = 2;

    private int _waits;
    private long _until;

    /// <summary>Whether the steps below the models have been asked.</summary>
    public bool HasWaited => _waits > 0;

    /// <summary>Waits until asking again makes sense. False, at once, if that is too late or never.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (NextReopening() is not { } at)
        {
            return false;
        }

        _waits++;
        try
        {
            await request.Context.TimeProvider.DelayUntilAsync(at, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (request.Context.IsCancelledByCaller)
        {
            // A caller that cancelled gets its own token back, whichever token ended the wait.
            throw new OperationCanceledException(request.Context.CallerToken);
        }

        return true;
    }

    private long? NextReopening()
    {
        var most = request.Chain.Options.MaxWaitForReopening;
        if (!request.Options.Attempt.IsLastModel || _waits == MostWaits || most == TimeSpan.Zero)
        {
            return null;
        }

        var clock = request.Context.TimeProvider;
        _until = HasWaited ? _until : clock.TimestampIn(most);
        long? earliest = null;
        foreach (var step in request.Steps)
        {
            if (eligibility.MayAsk(step) && Reopening(step.Check(), clock) is { } at && !(at >= earliest))
            {
                earliest = at;
            }
        }

        return earliest <= _until
            && request.Chain.TimeShare.Slice(request.Context, earliest.Value, isLastModel: true, keepsReserve: false) is not null
            ? earliest
            : null;
    }

    private long? Reopening(in Availability availability, TimeProvider clock) =>
        availability.IsAvailable || availability.IsLeftToProbe ? clock.GetTimestamp()
        : availability.IsIsolated || availability.IsOwnLimit ? null

        // A little later than stated: spans are coarser than timestamps. While a probe is out its end is unknown: use the rest of the wait.
        : availability.ReopensIn is { } rest ? clock.TimestampIn(rest + TimeSpan.FromMilliseconds(1)) : _until;
}
