using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Pipelines;

/// <summary>One execution of a pipeline: a stream opened and read up to the first delivered update.</summary>
/// <remarks>
/// A strategy may run several at once and take any, or give up while one is pending. So each has its own stream, gate and token source. One
/// that is not taken is disposed here, at once or when its move has ended, since strategies do not know streams.
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

    /// <summary>Cancels an execution that is not needed, and disposes its stream as soon as that is allowed.</summary>
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

    /// <summary>Ends the execution that was taken.</summary>
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
