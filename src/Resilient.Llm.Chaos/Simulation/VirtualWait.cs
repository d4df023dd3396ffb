using System.Threading.Tasks.Sources;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>A wait on a <see cref="VirtualClock"/>. Timer, task and cancellation are one object: there are millions of waits.</summary>
internal sealed class VirtualWait : ClockEntry, IValueTaskSource
{
    private readonly VirtualClock _clock;
    private readonly CancellationToken _token;
    private ManualResetValueTaskSourceCore<bool> _source;
    private CancellationTokenRegistration _registration;

    private VirtualWait(VirtualClock clock, CancellationToken token) => (_clock, _token) = (clock, token);

    public static ValueTask Begin(VirtualClock clock, TimeSpan time, CancellationToken token)
    {
        var wait = new VirtualWait(clock, token);
        clock.Enqueue(wait, time);
        wait._registration = token.UnsafeRegister(static wait => ((VirtualWait)wait!).Cancel(), wait);
        return new(wait, wait._source.Version);
    }

    public override void Fire()
    {
        _registration.Unregister();
        _source.SetResult(true);
    }

    public void GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        _clock.Dequeue(this);
        _source.SetException(new OperationCanceledException(_token));
    }
}
