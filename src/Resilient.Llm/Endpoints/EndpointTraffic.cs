namespace Resilient.Llm.Endpoints;

/// <summary>When an endpoint was last called for a request: active probes look for endpoints without calls.</summary>
/// <remarks>Thread-safe. Of racing calls any may be remembered; the difference does not matter.</remarks>
internal sealed class EndpointTraffic
{
    private long _lastCallAt = long.MinValue;

    /// <summary>Timestamp; <see cref="long.MinValue"/>: never.</summary>
    public long LastCallAt => Volatile.Read(ref _lastCallAt);

    public void NoteCall(long at) => Volatile.Write(ref _lastCallAt, at);
}
