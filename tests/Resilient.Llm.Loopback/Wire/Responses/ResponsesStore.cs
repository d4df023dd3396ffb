using System.Collections.Concurrent;
using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>The responses, conversations and items that one provider has kept.</summary>
internal sealed class ResponsesStore
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<JsonElement>> _responses = new();
    private readonly ConcurrentDictionary<string, IReadOnlyList<JsonElement>> _conversations = new();
    private readonly ConcurrentDictionary<string, ItemMade> _items = new();
    private int _started;

    public string StartConversation(string owner)
    {
        var id = $"conv_{owner}_{Interlocked.Increment(ref _started)}";
        _conversations[id] = [];
        return id;
    }

    public bool KnowsResponse(string id) => _responses.ContainsKey(id);

    public bool KnowsConversation(string id) => _conversations.ContainsKey(id);

    /// <summary>What the items of an answer are worth later: an item that follows reasoning cannot come back without it.</summary>
    public ItemMade? Item(string id) => _items.GetValueOrDefault(id);

    public IReadOnlyList<JsonElement> Kept(ReceivedRequest request) =>
        (request.PreviousResponseId is { } response ? _responses.GetValueOrDefault(response) : null)
        ?? (request.ConversationId is { } conversation ? _conversations.GetValueOrDefault(conversation) : null)
        ?? [];

    public void Add(ReceivedRequest request, string responseId, IReadOnlyList<JsonElement> output)
    {
        var isStored = request.Store != false;
        string? reasoning = null;
        foreach (var item in output)
        {
            var id = item.Text("id");
            reasoning = item.Text("type") == "reasoning" ? id : reasoning;
            _items[id] = new(isStored, reasoning == id ? null : reasoning);
        }

        if (!isStored)
        {
            return;
        }

        IReadOnlyList<JsonElement> whole = [.. request.Kept, .. request.Input, .. output];
        _responses[responseId] = whole;
        if (request.ConversationId is { } conversation)
        {
            _conversations[conversation] = whole;
        }
    }
}

/// <summary>An item of an answer: whether it was stored, and the id of the reasoning that led to it.</summary>
internal sealed record ItemMade(bool IsStored, string? ReasoningId);
