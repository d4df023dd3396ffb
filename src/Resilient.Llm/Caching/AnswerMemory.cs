using Resilient.Llm.Requests;

namespace Resilient.Llm.Caching;

/// <summary>Stored answers in this process, bounded by size: the least recently used go first.</summary>
/// <remarks>
/// Not a MemoryCache: at its limit that rejects the newest entry and compacts on the thread pool, so what is stored depends on timing and
/// simulations would not repeat. Thread-safe; one short lock.
/// </remarks>
internal sealed class AnswerMemory(long limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<AnswerKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = [];
    private long _size;

    public StoredAnswer? Find(AnswerKey key, DateTimeOffset now, TimeSpan maxAge)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                return null;
            }

            if (!node.Value.Answer.IsFresh(now, maxAge))
            {
                Remove(node);
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Answer;
        }
    }

    /// <summary>Keeps an answer. A later step's answer does not replace one of the first step that may still be served.</summary>
    /// <returns>False if it is larger than the whole memory.</returns>
    public bool Keep(AnswerKey key, StoredAnswer answer, DateTimeOffset now, TimeSpan maxAge)
    {
        var size = answer.Content.EstimateSize();
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var old))
            {
                if (old.Value.Answer.IsFirstStep && !answer.IsFirstStep && old.Value.Answer.IsFresh(now, maxAge))
                {
                    return true;
                }

                Remove(old);
            }

            if (size > limit)
            {
                return false;
            }

            while (_size + size > limit)
            {
                Remove(_byUse.Last!);
            }

            _entries.Add(key, _byUse.AddFirst(new Entry(key, answer, size)));
            _size += size;
            return true;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        _size -= node.Value.Size;
    }

    private sealed record Entry(AnswerKey Key, StoredAnswer Answer, long Size);
}
