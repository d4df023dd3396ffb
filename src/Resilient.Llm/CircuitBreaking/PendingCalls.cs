namespace Resilient.Llm.CircuitBreaking;

/// <summary>The calls of a circuit without content yet, ordered by when they become slow.</summary>
/// <remarks>
/// <para>
/// Two doubly linked lists, of plain calls and of streams. The calls are the links: adding and removing take constant time, and each call
/// costs one allocation and no timer. Guarded by the breaker's lock, except <see cref="NextDue"/>.
/// </para>
/// <para>
/// Within a list, due times never decrease. Where the bound has fallen, or threads overtook each other before the lock, a call becomes slow
/// together with the one before it. So a lower bound holds fully once the calls that began before it have ended. The lists are separate
/// because the bounds are: a plain call with a minute left must not hide a stream that is late after two seconds.
/// </para>
/// </remarks>
internal sealed class PendingCalls
{
    private readonly Line _plain = new();
    private readonly Line _streams = new();
    private long _nextDue = long.MaxValue;

    /// <summary>When the first call becomes slow; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue => Volatile.Read(ref _nextDue);

    /// <summary>Adds a call, and raises its due time to that of the last call of its kind.</summary>
    public void Add(PendingCall call)
    {
        LineOf(call).Append(call);
        NoteNextDue();
    }

    /// <summary>Removes a call. False when it is not in the list.</summary>
    public bool Remove(PendingCall call)
    {
        if (!call.IsListed)
        {
            return false;
        }

        LineOf(call).Remove(call);
        NoteNextDue();
        return true;
    }

    /// <summary>Removes and returns the first call if it is slow by now; null when none is.</summary>
    public PendingCall? TakeDue(long now)
    {
        var call = _plain.NextDue <= _streams.NextDue ? _plain.First : _streams.First;
        if (call is null || call.Due > now)
        {
            return null;
        }

        Remove(call);
        return call;
    }

    /// <summary>Removes all calls, link by link: a long call must not keep the others in memory.</summary>
    public void Clear()
    {
        _plain.Clear();
        _streams.Clear();
        NoteNextDue();
    }

    private Line LineOf(PendingCall call) => call.IsStreaming ? _streams : _plain;

    private void NoteNextDue() => Volatile.Write(ref _nextDue, Math.Min(_plain.NextDue, _streams.NextDue));

    private sealed class Line
    {
        private PendingCall? _last;

        public PendingCall? First { get; private set; }

        public long NextDue => First?.Due ?? long.MaxValue;

        public void Append(PendingCall call)
        {
            call.IsListed = true;
            call.Due = Math.Max(call.Due, _last?.Due ?? long.MinValue);
            Join(_last, call);
            Join(call, null);
        }

        public void Remove(PendingCall call)
        {
            Join(call.Previous, call.Next);
            call.IsListed = false;
            call.Previous = call.Next = null;
        }

        public void Clear()
        {
            while (First is not null)
            {
                Remove(First);
            }
        }

        /// <summary>Links two calls; null stands for the end of the list.</summary>
        private void Join(PendingCall? before, PendingCall? after)
        {
            if (before is null)
            {
                First = after;
            }
            else
            {
                before.Next = after;
            }

            if (after is null)
            {
                _last = before;
            }
            else
            {
                after.Previous = before;
            }
        }
    }
}
