using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Retries;

/// <summary>A stream that starts anew after a failure, as long as no content has been delivered.</summary>
/// <remarks>Moves the inner stream through the commit gate until the first content, then directly. One consumer at a time.</remarks>
internal sealed class RetryStream : StreamDecorator
{
    private readonly IChatClient _client;
    private readonly RetryPolicy _policy;
    private readonly StreamRequest _request;
    private readonly RequestContext _context;
    private readonly ResilientChatOptions _options;
    private readonly CommitGate _gate = new();
    private WaitCancellation _waits;
    private ChatResponseUpdate? _replayed;
    private int _retries;
    private bool _hasNext;
    private bool _isPassing;

    public RetryStream(
        IChatClient client, RetryPolicy policy, TimeProvider timeProvider, StreamRequest request, CancellationToken ofEnumeration)
        : base(request.Token, ofEnumeration)
    {
        _client = client;
        _policy = policy;
        _request = request;
        var options = request.Options;
        _context = RequestContext.Ensure(ref options, out _options, timeProvider, isStreaming: true, Token);
    }

    public override ChatResponseUpdate Current => _replayed ?? Inner.Stream!.Current;

    public override ValueTask<bool> MoveNextAsync()
    {
        if (_isPassing)
        {
            return Inner.Stream!.MoveNextAsync();
        }

        if (_gate.TryTake(out _replayed))
        {
            return new(true);
        }

        _isPassing = _gate.IsPassing;
        return _isPassing ? Inner.Stream!.MoveNextAsync() : AdvanceAsync();
    }

    protected override IAsyncEnumerator<ChatResponseUpdate> Open() =>
        _client.GetStreamingResponseAsync(_request.Messages, _options, Token).GetAsyncEnumerator(Token);

    // Ends a wait that is no longer needed: no retry may follow it.
    protected override void OnDisposing() => _waits.End();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AdvanceAsync()
    {
        AttemptFailure failure;
        try
        {
            if (Inner.Stream is null)
            {
                _policy.CountCall(_context);
            }

            return await PullAsync().ConfigureAwait(false) && _gate.TryTake(out _replayed);
        }
        catch (Exception exception) when (MayRetry(exception))
        {
            failure = _context.FailureOf(exception);
        }

        return await RetryAsync(failure).ConfigureAwait(false) && _gate.TryTake(out _replayed);
    }

    private bool MayRetry(Exception exception) =>
        !Inner.IsClosed
        && !Token.IsCancellationRequested
        && !_gate.IsCommitted
        && _policy.MayRetry(_context.FailureOf(exception), _options, _context);

    private async ValueTask<bool> RetryAsync(AttemptFailure first)
    {
        var last = await _policy
            .RetryAsync(static stream => stream.StartOverAsync(), this, first, _options, _context, _retries, _waits.Begin(Token))
            .ConfigureAwait(false);
        if (last is not null)
        {
            // The waits use an internal token, which the caller does not know.
            ExceptionDispatchInfo.Throw(DetachedWork.AsSeenBy(last.Exception, Token));
        }

        return _hasNext;
    }

    private async ValueTask<AttemptFailure?> StartOverAsync()
    {
        _retries++;
        Inner.Drop();
        _gate.Discard();
        _hasNext = await PullAsync().ConfigureAwait(false);
        return null;
    }

    private ValueTask<bool> PullAsync() => _gate.PullAsync(Inner.Stream ?? Inner.Keep(Open()));
}
