using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Pipelines;

/// <summary>One execution of a pipeline: a stream opened and read up to the first thing to deliver.</summary>
/// <remarks>
/// A strategy may run several at once and take any of them, or give up while one is on its way. So each has its own stream, gate and
/// token source; one that is not taken is disposed here, since no strategy knows what a stream is: at once, or when its move has ended.
/// </remarks>
[SuppressMessage(
    "Design", "CA1001", Justification = "The source has no timer, and the inner client may look at its token after the stream has ended.")]
internal sealed class PipelineOpening
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationTokenRegistration _callerCancels;
    private readonly Lock _lock = new();
    private bool _isMoving = true;
    private bool _isLeft;

    public PipelineOpening(CancellationToken callerToken) =>
        _callerCancels = callerToken.UnsafeRegister(static source => DetachedWork.Cancel((CancellationTokenSource)source!), _source);

    public CommitGate Gate { get; } = new();

    public IAsyncEnumerator<ChatResponseUpdate>? Inner { get; private set; }

    public bool HasNext { get; private set; }

    public async ValueTask<PipelineOpening> OpenAsync(StreamRequest request, CancellationToken ofPipeline)
    {
        try
        {
            using var registration = ofPipeline.UnsafeRegister(
                static source => DetachedWork.Cancel((CancellationTokenSource)source!), _source);
            Inner = request.Client
                .GetStreamingResponseAsync(request.Messages, request.Options, _source.Token)
                .GetAsyncEnumerator(_source.Token);
            HasNext = await Gate.PullAsync(Inner).ConfigureAwait(false);
            return this;
        }
        catch
        {
            Leave();
            throw;
        }
        finally
        {
            EndMove();
        }
    }

    /// <summary>It is not needed: stops it, and disposes its stream as soon as that may be done.</summary>
    public void Leave()
    {
        bool isFree;
        lock (_lock)
        {
            if (_isLeft)
            {
                return;
            }

            _isLeft = true;
            isFree = !_isMoving;
        }

        _callerCancels.Unregister();
        DetachedWork.Cancel(_source);
        if (isFree)
        {
            DisposeInner();
        }
    }

    /// <summary>The end of the one that was taken.</summary>
    public ValueTask EndAsync()
    {
        _callerCancels.Unregister();
        return Inner?.DisposeAsync() ?? default;
    }

    private void EndMove()
    {
        bool isLeft;
        lock (_lock)
        {
            _isMoving = false;
            isLeft = _isLeft;
        }

        if (isLeft)
        {
            DisposeInner();
        }
    }

    private void DisposeInner()
    {
        if (Inner is { } inner)
        {
            DetachedWork.Dispose(inner);
        }
    }
}
