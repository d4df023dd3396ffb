namespace Resilient.Llm.Tests;

/// <summary>A wait on the run's clock that ends in place, on the thread that moves the clock or cancels: Task.Delay would end a cancelled one on the pool.</summary>
internal sealed class VirtualPause : TaskCompletionSource<bool>
{
    private ITimer? _timer;
    private CancellationTokenRegistration _registration;

    private VirtualPause()
    {
    }

    /// <returns>True: the time has passed. False: cancelled.</returns>
    public static Task<bool> For(TimeProvider clock, TimeSpan time, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return System.Threading.Tasks.Task.FromResult(false);
        }

        var pause = new VirtualPause();
        pause._timer = clock.CreateTimer(static state => ((VirtualPause)state!).End(true), pause, time, Timeout.InfiniteTimeSpan);
        pause._registration = cancellationToken.UnsafeRegister(static state => ((VirtualPause)state!).End(false), pause);
        return pause.Task;
    }

    private void End(bool hasPassed)
    {
        _timer!.Dispose();
        _registration.Unregister();
        TrySetResult(hasPassed);
    }
}
