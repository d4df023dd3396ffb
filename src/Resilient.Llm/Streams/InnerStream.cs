using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Streams;

/// <summary>The stream inside a layer, from opening to disposal: the one field that two threads may use at the same time.</summary>
/// <remarks>
/// <para>
/// A consumer may dispose a stream while another thread opens the next inner one. Whichever comes last disposes it, so none leaks.
/// Once closed, the field holds a stream whose moves end as cancelled: a reader needs no check, and a read costs a field access.
/// </para>
/// <para>Mutable struct: hold it in a field that is not readonly. Opened by one thread at a time; closed by any thread, at any time.</para>
/// </remarks>
internal struct InnerStream
{
    private IAsyncEnumerator<ChatResponseUpdate>? _stream;

    /// <summary>Null until the stream is open, and again after <see cref="Drop"/>. Never null once closed.</summary>
    public readonly IAsyncEnumerator<ChatResponseUpdate>? Stream => _stream;

    public readonly bool IsClosed => ReferenceEquals(Volatile.Read(in _stream), StandIn.ForClosed);

    /// <summary>Begins an opening with several steps: until <see cref="Keep"/>, a closing thread leaves cleanup to this thread.</summary>
    /// <exception cref="OperationCanceledException">Closed already.</exception>
    public void BeginOpening()
    {
        if (Interlocked.CompareExchange(ref _stream, StandIn.ForOpening, null) == StandIn.ForClosed)
        {
            throw Left();
        }
    }

    /// <summary>Keeps what was just opened; disposes it if it was closed in the meantime.</summary>
    /// <exception cref="OperationCanceledException">Closed in the meantime.</exception>
    public IAsyncEnumerator<ChatResponseUpdate> Keep(IAsyncEnumerator<ChatResponseUpdate> opened)
    {
        var before = _stream;
        if (before != StandIn.ForClosed && Interlocked.CompareExchange(ref _stream, opened, before) == before)
        {
            return opened;
        }

        DetachedWork.Dispose(opened);
        throw Left();
    }

    /// <summary>Hands the open stream to another owner, and closes.</summary>
    /// <exception cref="OperationCanceledException">Closed already.</exception>
    public IAsyncEnumerator<ChatResponseUpdate> Take() =>
        Interlocked.Exchange(ref _stream, StandIn.ForClosed) is { } open and not StandIn ? open : throw Left();

    /// <summary>Abandons a failed stream without waiting for it, so that another can be opened.</summary>
    public void Drop()
    {
        var failed = _stream;
        if (failed is not null and not StandIn && Interlocked.CompareExchange(ref _stream, null, failed) == failed)
        {
            DetachedWork.Dispose(failed);
        }
    }

    /// <summary>Closes permanently and disposes the open stream. Idempotent.</summary>
    public ValueTask CloseAsync() => CloseAsync(out _);

    /// <param name="wasOpening">Whether another thread is just opening it; that thread will find it closed.</param>
    public ValueTask CloseAsync(out bool wasOpening)
    {
        var open = Interlocked.Exchange(ref _stream, StandIn.ForClosed);
        wasOpening = open == StandIn.ForOpening;
        return open?.DisposeAsync() ?? default;
    }

    /// <summary>Ends a move whose stream was disposed meanwhile: never as a normal end, which would look like a whole answer.</summary>
    public static OperationCanceledException Left() => new("The stream was disposed while it was being read.");

    private sealed class StandIn : IAsyncEnumerator<ChatResponseUpdate>
    {
        public static readonly StandIn ForOpening = new();
        public static readonly StandIn ForClosed = new();

        public ChatResponseUpdate Current => throw Left();

        public ValueTask<bool> MoveNextAsync() => ValueTask.FromException<bool>(Left());

        public ValueTask DisposeAsync() => default;
    }
}
