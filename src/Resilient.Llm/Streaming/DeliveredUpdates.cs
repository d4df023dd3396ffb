using System.Buffers;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>What a caller has received of a stream, in a pooled array: kept for the partial response of a stream that breaks.</summary>
/// <remarks>Mutable struct: hold it in a field and dispose it once.</remarks>
internal struct DeliveredUpdates : IDisposable
{
    private ChatResponseUpdate[]? _updates;
    private int _count;

    public void Add(ChatResponseUpdate update)
    {
        if (_updates is null || _count == _updates.Length)
        {
            Grow();
        }

        _updates![_count++] = update;
    }

    public readonly ChatResponseUpdate[] ToArray() => _updates is null ? [] : _updates[.._count];

    public readonly ChatResponse ToChatResponse() => _updates is null ? new() : _updates.Take(_count).ToChatResponse();

    public void Dispose()
    {
        if (_updates is { } updates)
        {
            _updates = null;
            ArrayPool<ChatResponseUpdate>.Shared.Return(updates, clearArray: true);
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<ChatResponseUpdate>.Shared.Rent(Math.Max(16, _count * 2));
        if (_updates is { } updates)
        {
            updates.AsSpan(0, _count).CopyTo(larger);
            ArrayPool<ChatResponseUpdate>.Shared.Return(updates, clearArray: true);
        }

        _updates = larger;
    }
}
