using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>A stream that starts anew after a failure, as long as no content has been delivered.</summary>
/// <remarks>After the first content every move goes straight to the inner stream. One consumer at a time.</remarks>
internal sealed class RetryStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly IChatClient _client;
    private readonly RetryPolicy _policy;
    private readonly StreamRequest _request;
    private readonly RequestTrace _trace;
    private readonly ResilientChatOptions _options;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private readonly CommitGate _gate = new();
    private IAsyncEnumerator<ChatResponseUpdate>? _inner;
    private ChatResponseUpdate? _replayed;
    private bool _isPassing;
    private CancellationTokenSource? _retrying;
    private bool _isDisposed;

    public RetryStream(IChatClient client, RetryPolicy policy, TimeProvider timeProvider, StreamRequest request, CancellationToken ofEnumeration)
    {
        _client = client;
        _policy = policy;
        _request = request;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
        var options = request.Options;
        _trace = RequestTrace.Ensure(ref options, out _options, timeProvider, isStreaming: true, _token);
    }

    public ChatResponseUpdate Current => _replayed ?? _inner!.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isPassing)
        {
            return _inner!.MoveNextAsync();
        }

        if (_gate.TryTake(out _replayed))
        {
            return new(true);
        }

        _isPassing = _gate.IsPassing;
        return _isPassing ? _inner!.MoveNextAsync() : AdvanceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (_retrying is { } retrying)
        {
            // A wait that nobody waits for any more: no retry must follow it.
            Abandoned.Cancel(retrying);
            retrying.Dispose();
        }

        if (_inner is { } inner)
        {
            _inner = null;
            await inner.DisposeAsync().ConfigureAwait(false);
        }

        _linked?.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync()
    {
        bool hasNext;
        try
        {
            if (_inner is null)
            {
                _policy.CountCall(_trace);
            }

            hasNext = await PullAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
            when (!_isDisposed && !_token.IsCancellationRequested && !_gate.IsCommitted && _policy.MayRetry(exception, _options, _trace))
        {
            _retrying ??= CancellationTokenSource.CreateLinkedTokenSource(_token);
            hasNext = await _policy
                .RetryAsync(static stream => stream.StartOverAsync(), this, exception, _options, _trace, _retrying.Token)
                .ConfigureAwait(false);
        }

        return hasNext && _gate.TryTake(out _replayed);
    }

    private ValueTask<bool> StartOverAsync()
    {
        if (_isDisposed)
        {
            return ValueTask.FromException<bool>(new OperationCanceledException("The stream was disposed while a retry was waiting."));
        }

        if (_inner is { } failed)
        {
            _inner = null;
            Abandoned.Dispose(failed);
        }

        _gate.Discard();
        return PullAsync();
    }

    private ValueTask<bool> PullAsync()
    {
        _inner ??= _client.GetStreamingResponseAsync(_request.Messages, _options, _token).GetAsyncEnumerator(_token);
        return _gate.PullAsync(_inner);
    }
}
