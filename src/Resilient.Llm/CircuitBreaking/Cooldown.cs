using Resilient.Llm.Shared;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>Keeps calls back for as long as a provider asked. Apart from the circuit: who is rate limited is not ill.</summary>
/// <remarks>Thread-safe and lock-free. While it is open, asking costs one read and no clock.</remarks>
internal sealed class Cooldown(TimeProvider timeProvider)
{
    // Never closed, or found to be open again.
    private const long Open = long.MinValue;

    private long _closedUntil = Open;

    /// <summary>Keeps the gate closed for at least <paramref name="duration"/> from now: a later reopening stands.</summary>
    /// <remarks>Taking the later of the two keeps a second, shorter answer from reopening early.</remarks>
    public void Close(TimeSpan duration)
    {
        var until = timeProvider.GetTimestamp() + timeProvider.ToTimestampUnits(duration);
        var seen = Volatile.Read(ref _closedUntil);
        while (seen < until)
        {
            var before = Interlocked.CompareExchange(ref _closedUntil, until, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    public bool IsClosed() => Volatile.Read(ref _closedUntil) != Open && ReopensIn() is not null;

    /// <summary>How long the gate stays closed; null when it is open.</summary>
    public TimeSpan? ReopensIn()
    {
        var until = Volatile.Read(ref _closedUntil);
        if (until == Open)
        {
            return null;
        }

        var now = timeProvider.GetTimestamp();
        if (now < until)
        {
            return timeProvider.GetElapsedTime(now, until);
        }

        // Spares the clock from now on. A gate closed again meanwhile has another value and stays closed.
        Interlocked.CompareExchange(ref _closedUntil, Open, until);
        return null;
    }

    /// <summary>Opens by hand: the only way to open early.</summary>
    public void Reset() => Volatile.Write(ref _closedUntil, Open);
}
