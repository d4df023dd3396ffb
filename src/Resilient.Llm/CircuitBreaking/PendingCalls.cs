namespace Resilient.Llm;

/// <summary>The calls of a circuit that have shown nothing yet, the next to become slow first.</summary>
/// <remarks>
/// A doubly linked list whose links are the calls themselves: each comes and goes in constant time and costs one allocation, and no timer. All of it under the breaker's
/// lock, but for <see cref="NextDue"/>, which anybody may read.
/// </remarks>
internal sealed class PendingCalls
{
    private PendingCall? _first;
    private PendingCall? _last;
    private long _nextDue = long.MaxValue;

    /// <summary>When the first of them becomes slow; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextDue => Volatile.Read(ref _nextDue);

    public void Add(PendingCall call)
    {
        // Who starts later comes later, but for threads that overtook each other between the clock and the lock: a few steps back at most.
        var before = _last;
        while (before is not null && before.Due > call.Due)
        {
            before = before.Previous;
        }

        var after = before is null ? _first : before.Next;
        call.IsListed = true;
        Join(before, call);
        Join(call, after);
        NoteNextDue();
    }

    /// <summary>Takes a call out. False when it is not in the list (any more).</summary>
    public bool Remove(PendingCall call)
    {
        if (!call.IsListed)
        {
            return false;
        }

        Join(call.Previous, call.Next);
        call.IsListed = false;
        call.Previous = call.Next = null;
        NoteNextDue();
        return true;
    }

    /// <summary>Takes out the first call if it is slow by now; null when none is.</summary>
    public PendingCall? TakeDue(long now)
    {
        var call = _first;
        if (call is null || call.Due > now)
        {
            return null;
        }

        Remove(call);
        return call;
    }

    /// <summary>Forgets all of them, link by link: a call that goes on for long must not keep the others in memory.</summary>
    public void Clear()
    {
        while (_first is not null)
        {
            Remove(_first);
        }
    }

    private void NoteNextDue() => Volatile.Write(ref _nextDue, _first?.Due ?? long.MaxValue);

    /// <summary>Makes two calls neighbours; null stands for the end of the list.</summary>
    private void Join(PendingCall? before, PendingCall? after)
    {
        if (before is null)
        {
            _first = after;
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
