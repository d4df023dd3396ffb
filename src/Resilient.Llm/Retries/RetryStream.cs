using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Retries;

/// <summary>A stream that starts anew after a failure, as long as no content has been delivered.</summary>
/// <remarks>After the first content every move goes straight to the inner stream. One consumer at a time.</remarks>
internal sealed class RetryStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly IChatClient _client;
    private readonly RetryPolicy _policy;
    private readonly StreamRequest _request;
    private readonly RequestContext _context;
    private readonly ResilientChatOptions _options;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private readonly CommitGate _gate = new();
    private InnerStream _inner;
    private WaitCancellation _waits;
    private ChatResponseUpdate? _replayed;
    private int _retries;
    private bool _isPassing;

    public RetryStream(IChatClient client, RetryPolicy policy, TimeProvider timeProvider, StreamRequest request, CancellationToken ofEnumeration)
    {
        _client = client;
        _policy = policy;
        _request = request;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out _token);
        var options = request.Options;
        _context = RequestContext.Ensure(ref options, out _options, timeProvider, isStreaming: true, _token);
    }

    public ChatResponseUpdate Current => _replayed ?? _inner.Stream!.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isPassing)
        {
            return _inner.Stream!.MoveNextAsync();
        }

        if (_gate.TryTake(out _replayed))
        {
            return new(true);
        }

        _isPassing = _gate.IsPassing;
        return _isPassing ? _inner.Stream!.MoveNextAsync() : AdvanceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A wait that nobody waits for any more: no retry must follow it.
        _waits.End();
        try
        {
            await _inner.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _linked?.Dispose();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync()
    {
        bool hasNext;
        try
        {
            if (_inner.Stream is null)
            {
                _policy.CountCall(_context);
            }

            hasNext = await PullAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
            when (!_inner.IsClosed && !_token.IsCancellationRequested && !_gate.IsCommitted && _policy.MayRetry(exception, _options, _context))
        {
            hasNext = await RetryAsync(exception).ConfigureAwait(false);
        }

        return hasNext && _gate.TryTake(out _replayed);
    }

    private async ValueTask<bool> RetryAsync(Exception first)
    {
        try
        {
            return await _policy
                .RetryAsync(static stream => stream.StartOverAsync(), this, first, _options, _context, _retries, _waits.Begin(_token))
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled)
        {
            // The waits hear a token of our own, which the caller does not know.
            if (DetachedWork.AsSeenBy(cancelled, _token) is var seen && seen != cancelled)
            {
                throw seen;
            }

            throw;
        }
    }

    private ValueTask<bool> StartOverAsync()
    {
        _retries++;
        _inner.Drop();
        _gate.Discard();
        return PullAsync();
    }

    private ValueTask<bool> PullAsync() =>
        _gate.PullAsync(_inner.Stream ?? _inner.Keep(_client.GetStreamingResponseAsync(_request.Messages, _options, _token).GetAsyncEnumerator(_token)));
}
