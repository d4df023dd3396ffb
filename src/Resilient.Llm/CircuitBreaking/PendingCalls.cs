namespace Resilient.Llm.CircuitBreaking;

/// <summary>The calls of a circuit that have shown nothing yet, the next to become slow first.</summary>
/// <remarks>
/// <para>
/// Two doubly linked lists, of plain calls and of streams. The calls themselves are the links: adding and removing take constant time, and
/// each call costs one allocation and no timer. Guarded by the breaker's lock, except <see cref="NextDue"/>, which may be read without it.
/// </para>
/// <para>
/// Within a list, due times never decrease. A call would become slow before the one ahead of it when the bound has fallen meanwhile, or
/// when threads overtook each other on their way to the lock; it then becomes slow together with that one. So a lower bound holds fully once
/// the calls that began before it have ended. Plain calls and streams have separate lists because they have separate bounds: a plain call with
/// a minute to go must not hide a stream that is late after two seconds.
/// </para>
/// </remarks>
internal sealed class PendingCalls
{
    private readonly Line _plain = new();
    private readonly Line _streams = new();
    private long _nextDue = long.MaxValue;

    /// <summary>When the first of them becomes slow; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue => Volatile.Read(ref _nextDue);

    /// <summary>Adds a call, and puts its due time off to that of the last call of its kind.</summary>
    public void Add(PendingCall call)
    {
        LineOf(call).Append(call);
        NoteNextDue();
    }

    /// <summary>Removes a call. False when it is not in the list (any more).</summary>
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

    /// <summary>Removes the first call if it is slow by now, and returns it; null when none is.</summary>
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

    /// <summary>Removes all of them, link by link: a long call must not keep the others in memory.</summary>
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

        /// <summary>Makes two calls neighbours; null stands for the end of the list.</summary>
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
