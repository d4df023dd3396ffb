namespace Resilient.Llm.Chaos.Faults;

/// <summary>The common effects of an injection at every chaos point: wait, hang, throw.</summary>
internal static class ChaosPass
{
    /// <summary>Applies a fault.</summary>
    /// <returns>True if the caller must replace the real answer; false to continue normally.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="Exception">The fault, if it throws.</exception>
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

                // The caller has given up: no further call may be made for it.
                cancellationToken.ThrowIfCancellationRequested();
                return false;
            default:
                return ChaosExceptions.Of(injection.Fault) is { } exception ? throw exception : true;
        }
    }

    /// <summary>Applies a fault to a dependency, whose answer cannot be replaced.</summary>
    public static async ValueTask PassAsync(ChaosInjection injection, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await HappenAsync(injection, clock, cancellationToken).ConfigureAwait(false))
        {
            throw new InvalidDataException($"Injected by a chaos experiment: the answer is none ({injection.Fault.Kind}).");
        }
    }
}
