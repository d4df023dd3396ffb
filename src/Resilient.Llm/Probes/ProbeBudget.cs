using Resilient.Llm.Shared;

namespace Resilient.Llm.Probes;

/// <summary>Limits the probes in any 60 seconds.</summary>
/// <remarks>Exact for every window, since it stores the start of each recent probe. Thread-safe.</remarks>
internal sealed class ProbeBudget(int perMinute, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly Queue<(long At, bool IsIdle)> _taken = new(perMinute);
    private readonly long _minute = timeProvider.ToTimestampUnits(TimeSpan.FromMinutes(1));
    private int _idle;

    /// <summary>Takes one probe from the budget. Probes of idle endpoints leave half for endpoints that requests need.</summary>
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
