namespace Resilient.Llm.Chaos;

/// <content>The chaos point of the application's own code.</content>
public sealed partial class ChaosController
{
    private async ValueTask PassAsync(ChaosInjection injection, CancellationToken cancellationToken)
    {
        var isSilent = injection.Fault.Kind is ChaosFaultKind.Hang or ChaosFaultKind.DeafHang or ChaosFaultKind.KeepAlivesOnly or ChaosFaultKind.StalledStream;
        var over = new TaskCompletionSource();
        using (isSilent ? null : _clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, injection.Delay, Timeout.InfiniteTimeSpan))
        using (injection.Ended.UnsafeRegister(static over => ((TaskCompletionSource)over!).TrySetResult(), over))
        using (cancellationToken.UnsafeRegister(static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token), over))
        {
            await over.Task.ConfigureAwait(false);
        }

        if (!injection.Ended.IsCancellationRequested && injection.Fault.Kind is not (ChaosFaultKind.Latency or ChaosFaultKind.SlowStream))
        {
            throw new IOException($"Severed by a chaos experiment ({injection.Fault.Kind}).");
        }
    }
}
