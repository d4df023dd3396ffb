namespace GameDay.Replay;

/// <summary>Gives up a connection on which nothing has come for a while, as HTTP clients do.</summary>
internal sealed class NetworkTimeout : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _caller;
    private readonly ITimer _timer;
    private readonly TimeSpan _time;

    public NetworkTimeout(TimeProvider clock, TimeSpan time, CancellationToken caller)
    {
        _time = time;
        _caller = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
        _timer = clock.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _source, time, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Something came.</summary>
    public void Renew() => _timer.Change(_time, Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _timer.Dispose();
        _caller.Dispose();
        _source.Dispose();
    }
}
