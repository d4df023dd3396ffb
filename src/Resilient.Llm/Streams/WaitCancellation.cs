using Resilient.Llm.Utilities;

namespace Resilient.Llm.Streams;

/// <summary>A token for waits that must end when their stream is disposed. Allocated only for a stream that has to wait.</summary>
/// <remarks>
/// Mutable struct: hold it in a field that is not readonly. One wait at a time; <see cref="End"/> may come from any thread, at any time.
/// </remarks>
internal struct WaitCancellation
{
    private static readonly CancellationTokenSource Ended = new();

    private CancellationTokenSource? _source;
    private CancellationToken _token;

    /// <summary>The token for the next wait; already cancelled once the waits have ended.</summary>
    /// <param name="callerToken">Also ends the waits.</param>
    public CancellationToken Begin(CancellationToken callerToken)
    {
        if (_source is null)
        {
            var source = CancellationTokenSource.CreateLinkedTokenSource(callerToken);

            // Read before it is published: a source that was disposed meanwhile gives no token.
            _token = source.Token;
            if (Interlocked.CompareExchange(ref _source, source, null) is not null)
            {
                source.Dispose();
            }
        }

        return _source == Ended ? new(canceled: true) : _token;
    }

    public void End()
    {
        if (Interlocked.Exchange(ref _source, Ended) is { } source && source != Ended)
        {
            DetachedWork.Cancel(source);
            source.Dispose();
        }
    }
}
