namespace Resilient.Llm.Endpoints;

/// <summary>
/// Limits an endpoint's extra calls (retries and hedges) to a small share of its calls, so that they cannot multiply an outage.
/// </summary>
/// <remarks>
/// <para>
/// Within any window there are at most <c>max(floor, ratio × calls)</c> extra calls. The floor keeps retries alive in a quiet service.
/// Stepping down the ladder is not an extra call.
/// </para>
/// <para>
/// Algorithm: the retry budget of Finagle (<c>com.twitter.finagle.service.RetryBudget</c>: a share of the calls plus a minimum, both
/// forgotten after a time to live); Envoy's <c>retry_budget</c> and gRPC's retry throttling (gRFC A6) are similar. Here both kinds are
/// counted in slots of a tenth of the window. Calls count for nine to ten tenths of the window, extra calls for ten to eleven: the bound
/// holds exactly for every window, at the price of being up to a slot too strict.
/// </para>
/// <para>Thread-safe. Memory is fixed, whatever the traffic.</para>
/// </remarks>
internal sealed class RetryBudget(
    TimeProvider timeProvider, double ratio = RetryBudget.DefaultRatio, int floor = RetryBudget.DefaultFloor)
{
    public const double DefaultRatio = 0.1;

    /// <summary>Extra calls per window that are always allowed.</summary>
    public const int DefaultFloor = 10;

    private const int SlotsPerWindow = 10;

    private const double SecondsPerWindow = 10;

    // One more slot than the window: the oldest may still hold extra calls of this window.
    private const int SlotCount = SlotsPerWindow + 1;

    private readonly Lock _lock = new();
    private readonly long _slotLength =
        Math.Max(1, (long)Math.Ceiling(SecondsPerWindow * timeProvider.TimestampFrequency / SlotsPerWindow));

    private readonly int[] _calls = new int[SlotCount];
    private readonly int[] _extras = new int[SlotCount];

    // Extra calls that a caller was waiting for: all but retries.
    private readonly int[] _urgent = new int[SlotCount];
    private long _slot;

    /// <summary>Records an ordinary call: the first attempt of a request at this endpoint.</summary>
    public void RecordCall() => RecordCall(timeProvider.GetTimestamp());

    /// <summary>The same for a caller that has read the clock already.</summary>
    public void RecordCall(long now)
    {
        lock (_lock)
        {
            _calls[MoveTo(now)]++;
        }
    }

    /// <summary>
    /// Takes one extra call for a caller who would wait long without it: a hedge, or a continuation. False if none is left: make no extra
    /// call.
    /// </summary>
    public bool TryTake() => TryTake(isRetry: false);

    /// <summary>
    /// Takes a retry, and leaves room for as many hedges as the window has seen: without its retry a request steps down at once at no extra
    /// cost, without its hedge it waits for a call that may hang until its deadline.
    /// </summary>
    public bool TryTakeRetry() => TryTake(isRetry: true);

    private bool TryTake(bool isRetry)
    {
        var now = timeProvider.GetTimestamp();
        lock (_lock)
        {
            var current = MoveTo(now);
            var oldest = (current + 1) % SlotCount;
            long calls = -_calls[oldest];
            long extras = 0;
            for (var i = 0; i < SlotCount; i++)
            {
                calls += _calls[i];
                extras += _extras[i] + (isRetry ? _urgent[i] : 0);
            }

            if (extras >= Math.Max(floor, (long)(calls * ratio)))
            {
                return false;
            }

            _extras[current]++;
            _urgent[current] += isRetry ? 0 : 1;
            return true;
        }
    }

    /// <summary>Clears the slots that have expired and returns the index of the current one.</summary>
    private int MoveTo(long now)
    {
        // A thread that read the clock earlier may arrive here later: time never moves back.
        var slot = Math.Max(_slot, now / _slotLength);
        for (var passed = Math.Min(slot - _slot, SlotCount); passed > 0; passed--)
        {
            var index = (int)((slot - passed + 1) % SlotCount);
            _calls[index] = 0;
            _extras[index] = 0;
            _urgent[index] = 0;
        }

        _slot = slot;
        return (int)(slot % SlotCount);
    }
}
