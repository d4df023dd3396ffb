using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Streams;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.RateLimiting;

/// <summary>One enumeration of a rate-limited stream: asks for admission at the first read and leaves once, at the end, a failure or disposal.</summary>
/// <remarks>Hand-written: an update that is ready costs no allocation and no state machine.</remarks>
internal sealed class RateLimitedStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly RateLimitChatClient _client;
    private readonly ChatOptions? _options;
    private readonly CancellationTokenSource? _linked;
    private readonly CancellationToken _token;
    private IEnumerable<ChatMessage> _messages;
    private InnerStream _updates;
    private WaitCancellation _waits;
    private int _charged;
    private long? _used;
    private bool _isOver;
    private int _owesLeave;

    public RateLimitedStream(
        RateLimitChatClient client, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ofMethod, CancellationToken ofEnumeration)
    {
        _client = client;
        _messages = messages;
        _options = options;
        _linked = CancellationTokens.Combine(ofMethod, ofEnumeration, out _token);
    }

    public ChatResponseUpdate Current => _updates.Stream?.Current!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isOver)
        {
            return new(false);
        }

        return _updates.Stream is { } updates ? ReadAsync(updates) : StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _waits.End();
        try
        {
            // The connection is in use until the inner stream is disposed, hence so is its slot.
            await _updates.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            Leave(Incomplete);
            _linked?.Dispose();
        }
    }

    /// <summary>Some providers report the input first and the output last: what a cut stream has reported may be less than it used.</summary>
    private CallEnd Incomplete => new(WasSent: true, Math.Max(_charged, _used.GetValueOrDefault()));

    private ValueTask<bool> StartAsync()
    {
        if (_token.IsCancellationRequested)
        {
            _isOver = true;
            return ValueTask.FromCanceled<bool>(_token);
        }

        _charged = _client.Estimate(ref _messages, _options);
        var ticket = _client.Limiter!.Enter(_charged, RateLimitChatClient.DeadlineOf(_options));
        if (ticket.IsAdmitted)
        {
            return OpenAsync();
        }

        if (ticket.Waiter is not null)
        {
            return WaitThenOpenAsync(ticket.Waiter);
        }

        _isOver = true;
        return ValueTask.FromException<bool>(RateLimitChatClient.Rejection(_options, ticket.RetryAfter));
    }

    private async ValueTask<bool> WaitThenOpenAsync(QueuedCall waiter)
    {
        try
        {
            await _client.WaitForTurnAsync(waiter, _options, _waits.Begin(_token)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _isOver = true;
            if (DetachedWork.AsSeenBy(exception, _token) is var seen && seen != exception)
            {
                throw seen;
            }

            throw;
        }

        return await OpenAsync().ConfigureAwait(false);
    }

    private ValueTask<bool> OpenAsync()
    {
        Interlocked.Exchange(ref _owesLeave, 1);
        if (_updates.IsClosed)
        {
            // Disposed on the way here: it need not be sent at all.
            _isOver = true;
            Leave(CallEnd.NotSent);
            return ValueTask.FromException<bool>(InnerStream.Left());
        }

        try
        {
            return ReadAsync(_updates.Keep(_client.Inner.GetStreamingResponseAsync(_messages, _options, _token).GetAsyncEnumerator(_token)));
        }
        catch (Exception exception)
        {
            Fail(exception);
            return ValueTask.FromException<bool>(exception);
        }
    }

    private ValueTask<bool> ReadAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            var move = updates.MoveNextAsync();
            return move.IsCompletedSuccessfully ? new(Observe(move.Result)) : AwaitReadAsync(move);
        }
        catch (Exception exception)
        {
            Fail(exception);
            return ValueTask.FromException<bool>(exception);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitReadAsync(ValueTask<bool> move)
    {
        try
        {
            return Observe(await move.ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
    }

    private bool Observe(bool hasUpdate)
    {
        if (!hasUpdate)
        {
            if (_updates.IsClosed)
            {
                // It ended because it was disposed: that is no end of an answer.
                throw InnerStream.Left();
            }

            _isOver = true;
            Leave(new(WasSent: true, _used));
        }
        else if (_client.CountsTokens)
        {
            var contents = Current.Contents;
            for (var i = 0; i < contents.Count; i++)
            {
                // Several reports of one stream add up, as ToChatResponse has it.
                if (contents[i] is UsageContent usage && TokenCount.Total(usage.Details) is { } tokens)
                {
                    _used = _used.GetValueOrDefault() + tokens;
                }
            }
        }

        return hasUpdate;
    }

    private void Fail(Exception exception)
    {
        _isOver = true;
        var end = RateLimitChatClient.EndOf(exception);
        Leave(end.WasSent ? Incomplete : end);
    }

    private void Leave(CallEnd end)
    {
        if (Interlocked.Exchange(ref _owesLeave, 0) != 0)
        {
            _client.Limiter!.Leave(_charged, end);
        }
    }
}
