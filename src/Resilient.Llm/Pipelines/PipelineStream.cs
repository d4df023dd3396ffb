using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Pipelines;

/// <summary>A stream that runs through a Polly pipeline up to its first content.</summary>
/// <remarks>
/// Each execution opens the stream anew, under its own token source, which follows the pipeline's token until the stream is handed over.
/// </remarks>
internal sealed class PipelineStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly ResiliencePipeline _pipeline;
    private readonly StreamRequest _request;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;

    // A strategy may run several at once. The list is its own lock, and the lock decides between taking an opening and disposing.
    private readonly List<PipelineOpening> _openings = [];
    private PipelineOpening? _taken;
    private ChatResponseUpdate? _replayed;
    private bool _isDisposed;

    public PipelineStream(ResiliencePipeline pipeline, StreamRequest request, CancellationToken ofEnumeration)
    {
        _pipeline = pipeline;
        _request = request;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
    }

    public ChatResponseUpdate Current => _replayed ?? _taken!.Inner!.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_taken is not { } taken)
        {
            return OpenAsync();
        }

        return taken.Gate.TryTake(out _replayed) ? new(true)
            : taken.Gate.HasEnded ? new(false)
            : taken.Gate.IsCommitted ? taken.Inner!.MoveNextAsync()
            : PullAsync(taken);
    }

    public async ValueTask DisposeAsync()
    {
        PipelineOpening? taken;
        lock (_openings)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            taken = _taken;
        }

        LeaveAllBut(taken);
        try
        {
            if (taken is not null)
            {
                await taken.EndAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _linked?.Dispose();
        }
    }

    private async ValueTask<bool> OpenAsync()
    {
        PipelineOpening? taken = null;
        try
        {
            taken = await _pipeline
                .ExecuteAsync(static (stream, token) => stream.OpenOnceAsync(token), this, _token)
                .ConfigureAwait(false);
        }
        finally
        {
            lock (_openings)
            {
                _taken = _isDisposed ? null : taken;
            }

            // All that were not taken; every one when the stream was disposed.
            LeaveAllBut(_taken);
        }

        return _taken is null ? throw InnerStream.Left() : taken.HasNext && taken.Gate.TryTake(out _replayed);
    }

    private ValueTask<PipelineOpening> OpenOnceAsync(CancellationToken ofPipeline)
    {
        var opening = new PipelineOpening(_token);
        lock (_openings)
        {
            if (_isDisposed)
            {
                // A retry of the pipeline after the disposal.
                opening.Leave();
                return ValueTask.FromException<PipelineOpening>(InnerStream.Left());
            }

            _openings.Add(opening);
        }

        return opening.OpenAsync(_request, ofPipeline);
    }

    private void LeaveAllBut(PipelineOpening? taken)
    {
        PipelineOpening[] openings;
        lock (_openings)
        {
            openings = [.. _openings];
            _openings.Clear();
        }

        foreach (var opening in openings)
        {
            if (opening != taken)
            {
                opening.Leave();
            }
        }
    }

    /// <summary>Reasoning has been delivered but no content: outside the pipeline, not yet committed.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> PullAsync(PipelineOpening taken) =>
        await taken.Gate.PullAsync(taken.Inner!).ConfigureAwait(false) && taken.Gate.TryTake(out _replayed);
}
