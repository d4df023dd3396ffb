namespace Resilient.Llm.Chaos.Faults;

/// <summary>What every chaos point does with an injection: wait, be silent, throw.</summary>
internal static class ChaosPass
{
    /// <summary>Lets a fault happen.</summary>
    /// <returns>True: something else than the real answer is due. False: go on as if nothing had been, or not any more.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="Exception">The fault itself, where it is one that throws.</exception>
    public static async ValueTask<bool> HappenAsync(ChaosInjection injection, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!await injection.WaitAsync(injection.Delay, clock, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        switch (injection.Fault.Kind)
        {
            case ChaosFaultKind.Latency or ChaosFaultKind.SlowStream:
                return false;
            case ChaosFaultKind.Hang or ChaosFaultKind.KeepAlivesOnly or ChaosFaultKind.StalledStream:
                return await injection.WaitAsync(Timeout.InfiniteTimeSpan, clock, cancellationToken).ConfigureAwait(false);
            case ChaosFaultKind.DeafHang:
                await injection.WaitAsync(Timeout.InfiniteTimeSpan, clock, CancellationToken.None).ConfigureAwait(false);

                // The caller has left long ago: no further call may be made for it.
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            default:
                return ChaosExceptions.Of(injection.Fault) is { } exception ? throw exception : true;
        }
    }

    /// <summary>The same for a dependency, which has no answer that could be another one.</summary>
    /// <inheritdoc cref="HappenAsync" path="/exception"/>
    public static async ValueTask PassAsync(ChaosInjection injection, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await HappenAsync(injection, clock, cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidDataException($"Injected by a chaos experiment: the answer is none ({injection.Fault.Kind}).");
        }
    }
}
