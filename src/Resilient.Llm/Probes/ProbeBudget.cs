using Resilient.Llm.Shared;

namespace Resilient.Llm.Probes;

/// <summary>At most so many probes in any 60 seconds.</summary>
/// <remarks>Exact for every window, since it remembers when the last probes set out: a handful of numbers. Thread-safe.</remarks>
internal sealed class ProbeBudget(int perMinute, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, bool IsIdle)> _taken = new(perMinute);
    private readonly long _minute = timeProvider.ToTimestampUnits(TimeSpan.FromMinutes(1));
    private int _idle;

    /// <summary>Takes leave for one probe. Those of idle endpoints leave half for endpoints that users are waiting for.</summary>
    public bool TryTake(ChatProbeReason reason)
    {
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            while (_taken.TryPeek(out var oldest) && now - oldest.At >= _minute)
            {
                _idle -= _taken.Dequeue().IsIdle ? 1 : 0;
            }

            var isIdle = reason == ChatProbeReason.Idle;
            if (_taken.Count >= perMinute || (isIdle && _idle >= (perMinute + 1) / 2))
            {
                return false;
            }

            _taken.Enqueue((now, isIdle));
            _idle += isIdle ? 1 : 0;
            return true;
        }
    }
}
