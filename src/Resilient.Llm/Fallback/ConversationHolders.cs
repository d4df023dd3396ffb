using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>Which endpoint holds which conversation, of the latest that were answered with a <c>ConversationId</c>.</summary>
/// <remarks>
/// In this process only. Keeps hashes: they are short, and an id in a memory dump gives access to a user's conversation. Thread-safe.
/// </remarks>
internal sealed class ConversationHolders(int capacity = ConversationHolders.DefaultCapacity)
{
    /// <summary>How many conversations are kept; about a megabyte.</summary>
    public const int DefaultCapacity = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, LinkedListNode<(ulong Id, Step Holder)>> _holders = [];

    // Least recently used first.
    private readonly LinkedList<(ulong Id, Step Holder)> _byUse = new();

    /// <summary>The endpoint that gave this id; null if none did in this process, or too long ago.</summary>
    public Step? Find(string conversationId)
    {
        var id = StableHash.Of(conversationId);
        lock (_lock)
        {
            if (!_holders.TryGetValue(id, out var node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.Holder;
        }
    }

    public void Note(string conversationId, Step holder)
    {
        var id = StableHash.Of(conversationId);
        lock (_lock)
        {
            if (_holders.Remove(id, out var before))
            {
                _byUse.Remove(before);
            }
            else if (_holders.Count == capacity)
            {
                _holders.Remove(_byUse.First!.Value.Id);
                _byUse.RemoveFirst();
            }

            _holders.Add(id, _byUse.AddLast((id, holder)));
        }
    }
}
