namespace Resilient.Llm.Shared;

/// <summary>Sets a value that flows with the call, and restores the previous one on disposal. The default changes nothing.</summary>
internal readonly struct AmbientScope<T> : IDisposable
    where T : class
{
    private readonly AsyncLocal<T?>? _ambient;
    private readonly T? _previous;

    public AmbientScope(AsyncLocal<T?> ambient, T value)
    {
        _ambient = ambient;
        _previous = ambient.Value;
        ambient.Value = value;
    }

    public void Dispose()
    {
        if (_ambient is not null)
        {
            _ambient.Value = _previous;
        }
    }
}
