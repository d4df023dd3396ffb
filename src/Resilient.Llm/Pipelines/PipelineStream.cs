using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm;

/// <summary>A stream whose way to the first content runs through a Polly pipeline.</summary>
/// <remarks>Each execution opens the stream anew, under a token source of its own that follows the pipeline's token only until the stream is handed over.</remarks>
internal sealed class PipelineStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly IChatClient _client;
    private readonly ResiliencePipeline _pipeline;
    private readonly StreamRequest _request;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private CommitGate _gate = new();
    private CancellationTokenSource? _source;
    private CancellationTokenRegistration _callerCancels;
    private IAsyncEnumerator<ChatResponseUpdate>? _inner;
    private ChatResponseUpdate? _replayed;

    public PipelineStream(IChatClient client, ResiliencePipeline pipeline, StreamRequest request, CancellationToken ofEnumeration)
    {
        _client = client;
        _pipeline = pipeline;
        _request = request;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
    }

    public ChatResponseUpdate Current => _replayed ?? _inner!.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_gate.TryTake(out _replayed))
        {
            return new(true);
        }

        return _inner is null ? OpenAsync() : _gate.IsCommitted ? _inner.MoveNextAsync() : PullAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // The source itself stays undisposed: the inner client may keep its token for longer than the stream.
        _callerCancels.Unregister();
        if (_inner is { } inner)
        {
            _inner = null;
            await inner.DisposeAsync().ConfigureAwait(false);
        }

        _linked?.Dispose();
    }

    private async ValueTask<bool> OpenAsync()
    {
        var hasNext = await _pipeline
            .ExecuteAsync(static (stream, token) => stream.OpenOnceAsync(token), this, _token)
            .ConfigureAwait(false);
        return hasNext && _gate.TryTake(out _replayed);
    }

    private async ValueTask<bool> OpenOnceAsync(CancellationToken ofPipeline)
    {
        if (_inner is { } failed)
        {
            _inner = null;
            Abandoned.Dispose(failed);
        }

        _callerCancels.Unregister();
        _gate = new();
        _source = new();
        _callerCancels = _token.UnsafeRegister(static source => Abandoned.Cancel((CancellationTokenSource)source!), _source);
        using var registration = ofPipeline.UnsafeRegister(static source => Abandoned.Cancel((CancellationTokenSource)source!), _source);
        _inner = _client.GetStreamingResponseAsync(_request.Messages, _request.Options, _source.Token).GetAsyncEnumerator(_source.Token);
        return await _gate.PullAsync(_inner).ConfigureAwait(false);
    }

    /// <summary>Reasoning has been delivered and no content yet: out of the pipeline, but not yet bound.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> PullAsync() => await _gate.PullAsync(_inner!).ConfigureAwait(false) && _gate.TryTake(out _replayed);
}
