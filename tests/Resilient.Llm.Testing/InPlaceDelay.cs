namespace Resilient.Llm.Testing;

/// <summary>A wait on a manual clock that goes on in place: on the thread that moves the clock, or on the one that cancels.</summary>
/// <remarks>Task.Delay would end a cancelled wait on the pool, after the test has gone on.</remarks>
public static class InPlaceDelay
{
    public static async Task WaitAsync(TimeProvider clock, TimeSpan by, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource();
        using var timer = clock.CreateTimer(static over => ((TaskCompletionSource)over!).TrySetResult(), over, by, Timeout.InfiniteTimeSpan);
        using var registration = cancellationToken.UnsafeRegister(static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token), over);
        await over.Task.ConfigureAwait(false);
    }
}
