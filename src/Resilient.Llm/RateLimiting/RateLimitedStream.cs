using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.RateLimiting;

/// <summary>An enumeration of a rate-limited stream: asks for admission with its first move and leaves once.</summary>
internal sealed class RateLimitedStream(RateLimitChatClient client, StreamRequest request, CancellationToken ofEnumeration)
    : StreamDecorator(request.Token, ofEnumeration)
{
    private IEnumerable<ChatMessage> _messages = request.Messages;
    private WaitCancellation _waits;
    private int _charged;
    private long? _used;
    private bool _hasAsked;
    private int _owesLeave;

    /// <summary>Some providers report input first and output last: the report of a cut stream may be less than its usage.</summary>
    private CallEnd Incomplete => new(WasSent: true, Math.Max(_charged, _used.GetValueOrDefault()));

    protected override IAsyncEnumerator<ChatResponseUpdate> Open() =>
        client.Inner.GetStreamingResponseAsync(_messages, request.Options, Token).GetAsyncEnumerator(Token);

    protected override ValueTask<bool> OpenAndMove()
    {
        if (_hasAsked)
        {
            return new(false);
        }

        _hasAsked = true;
        if (Token.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<bool>(Token);
        }

        _charged = client.Estimate(ref _messages, request.Options);
        var ticket = client.Limiter!.Enter(_charged, RateLimitChatClient.DeadlineOf(request.Options));
        return ticket.IsAdmitted ? Admitted()
            : ticket.Waiter is { } waiter ? WaitThenOpenAsync(waiter)
            : ValueTask.FromException<bool>(RateLimitChatClient.Rejection(request.Options, ticket.RetryAfter));
    }

    protected override void OnUpdate(ChatResponseUpdate update)
    {
        if (!client.CountsTokens)
        {
            return;
        }

        var contents = update.Contents;
        for (var i = 0; i < contents.Count; i++)
        {
            // Several reports of one stream add up, as in ToChatResponse.
            if (contents[i] is UsageContent usage && TokenCount.Total(usage.Details) is { } tokens)
            {
                _used = _used.GetValueOrDefault() + tokens;
            }
        }
    }

    protected override void OnEnd() => Leave(new(WasSent: true, _used));

    protected override void OnError(Exception exception)
    {
        var end = RateLimitChatClient.EndOf(exception);
        Leave(end.WasSent ? Incomplete : end);
    }

    protected override void OnDisposing() => _waits.End();

    // The connection, and so its slot, is in use until the inner stream is disposed.
    protected override void OnAbandoned() => Leave(Incomplete);

    private async ValueTask<bool> WaitThenOpenAsync(QueuedCall waiter)
    {
        try
        {
            await client.WaitForTurnAsync(waiter, request.Options, _waits.Begin(Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException cancelled) when (Token.IsCancellationRequested)
        {
            // The waits use an internal token, which the caller does not know.
            throw DetachedWork.AsSeenBy(cancelled, Token);
        }

        return await Admitted().ConfigureAwait(false);
    }

    private ValueTask<bool> Admitted()
    {
        Interlocked.Exchange(ref _owesLeave, 1);
        if (Inner.IsClosed)
        {
            // Disposed meanwhile: the call need not be sent.
            Leave(CallEnd.NotSent);
            throw InnerStream.Left();
        }

        try
        {
            return base.OpenAndMove();
        }
        catch (Exception exception)
        {
            // A disposal on another thread may have come before the call was admitted.
            OnError(exception);
            throw;
        }
    }

    private void Leave(CallEnd end)
    {
        if (Interlocked.Exchange(ref _owesLeave, 0) != 0)
        {
            client.Limiter!.Leave(_charged, end);
        }
    }
}
