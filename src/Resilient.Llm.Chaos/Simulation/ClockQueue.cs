namespace Resilient.Llm.Chaos.Simulation;

/// <summary>A queue of entries by due time: a binary heap whose entries know their places.</summary>
/// <remarks>
/// Removal takes logarithmic time. Nearly every timer of a request is disposed long before it is due, and would otherwise fill the queue.
/// Not thread-safe.
/// </remarks>
internal sealed class ClockQueue
{
    private ClockEntry[] _heap = new ClockEntry[256];
    private long _order;

    public int Count { get; private set; }

    public ClockEntry? First => Count == 0 ? null : _heap[0];

    public void Add(ClockEntry entry, long due)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        entry.Due = due;
        entry.Order = _order++;
        Count++;
        Rise(entry, Count - 1);
    }

    /// <summary>Removes an entry if it is queued.</summary>
    public void Remove(ClockEntry entry)
    {
        var place = entry.Place;
        if (place == ClockEntry.NotQueued)
        {
            return;
        }

        entry.Place = ClockEntry.NotQueued;
        Count--;
        var last = _heap[Count];
        _heap[Count] = null!;
        if (last == entry)
        {
            return;
        }

        if (place > 0 && last.IsBefore(_heap[(place - 1) / 2]))
        {
            Rise(last, place);
        }
        else
        {
            Sink(last, place);
        }
    }

    private void Rise(ClockEntry entry, int place)
    {
        while (place > 0 && entry.IsBefore(_heap[(place - 1) / 2]))
        {
            Put(_heap[(place - 1) / 2], place);
            place = (place - 1) / 2;
        }

        Put(entry, place);
    }

    private void Sink(ClockEntry entry, int place)
    {
        while (true)
        {
            var child = (place * 2) + 1;
            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child]))
            {
                child++;
            }

            if (child >= Count || !_heap[child].IsBefore(entry))
            {
                Put(entry, place);
                return;
            }

            Put(_heap[child], place);
            place = child;
        }
    }

    private void Put(ClockEntry entry, int place)
    {
        _heap[place] = entry;
        entry.Place = place;
    }
}
