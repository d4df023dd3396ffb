using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Client;

/// <summary>
/// A stream at the root: adds the report, as an update of its own, before the first content and at the end, and ends the request's telemetry.
/// </summary>
/// <remarks>One consumer at a time.</remarks>
internal sealed class ReportedStream : IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly ChatEvents _events;
    private readonly RequestContext _context;
    private readonly CancellationTokenSource? _linked;
    private readonly Activity? _activity;
    private readonly IAsyncEnumerator<ChatResponseUpdate> _inner;

    // The first content, while the consumer reads the report before it. Not copied: the stream is not moved on until it is delivered.
    private ChatResponseUpdate? _first;
    private bool _hasContent;
    private bool _isClosed;
    private bool _isOver;

    public ReportedStream(
        IChatClient client, RequestPreparation preparation, ChatEvents events, StreamRequest request, CancellationToken ofEnumeration)
    {
        _events = events;
        _linked = CancellationTokens.Combine(request.Token, ofEnumeration, out var token);
        var asked = (ResilientChatOptions)request.Options!;
        var own = preparation.Begin(new(asked) { IsBlank = asked.IsBlank }, isStreaming: true, token);
        _context = own.Context!;
        var caller = Activity.Current;
        _activity = ResilientChatTelemetry.Activities.StartActivity("resilient_chat");
        Activity.Current = caller;
        _inner = _context.Refusal is { } refusal
            ? new RefusedStream(refusal)
            : client.GetStreamingResponseAsync(request.Messages, own, token).GetAsyncEnumerator(token);
    }

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isClosed)
        {
            return new(false);
        }

        if (_first is not null)
        {
            Current = _first;
            _first = null;
            return new(true);
        }

        ValueTask<bool> move;
        try
        {
            move = _activity is null ? _inner.MoveNextAsync() : MoveInActivity();
            if (move.IsCompletedSuccessfully)
            {
                return new(Moved(move.Result));
            }
        }
        catch (Exception exception)
        {
            move = ValueTask.FromException<bool>(exception);
        }

        return AwaitAsync(move);
    }

    public async ValueTask DisposeAsync()
    {
        // A consumer that leaves without cancelling has seen enough: neither an answer nor a failure. Reported first, since a pending
        // move fails when the inner stream is disposed.
        End(FailureKind.Cancelled);
        try
        {
            await _inner.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _linked?.Dispose();
        }
    }

    /// <summary>An enumerator runs in its consumer's context: the span must be current for every call of the provider.</summary>
    private ValueTask<bool> MoveInActivity()
    {
        var caller = Activity.Current;
        Activity.Current = _activity;
        try
        {
            return _inner.MoveNextAsync();
        }
        finally
        {
            Activity.Current = caller;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> AwaitAsync(ValueTask<bool> move)
    {
        try
        {
            return Moved(await move.ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            End(_context.FailureOf(exception).AsClassified(_context.CallerToken).Kind);
            throw;
        }
    }

    private bool Moved(bool hasNext)
    {
        if (!hasNext)
        {
            _isClosed = true;
            End(null);
            Current = ReportAnnotation.Alone(_context.ToReport(withAttempts: true));
            return true;
        }

        Current = _inner.Current;
        if (ReportAnnotation.IsOn(Current))
        {
            // A model that is a ladder itself has reports in its stream: this one's take their place.
            Current = ReportAnnotation.Without(Current);
        }

        if (!_hasContent && UpdateClassifier.Classify(Current).Commits())
        {
            _hasContent = true;
            _context.Attempts.NoteMoment();
            _context.Answer.TimeToFirstContent = _context.Elapsed;
            _first = Current;
            Current = ReportAnnotation.Alone(_context.ToReport(withAttempts: false));
        }

        return true;
    }

    private void End(FailureKind? failure)
    {
        // The end of a move and a disposal on another thread may coincide: the request is reported once.
        if (Interlocked.Exchange(ref _isOver, true))
        {
            return;
        }

        _context.Attempts.NoteMoment();
        _context.IsOver = true;
        _events.Completed(_context, failure);
        if (failure is not null)
        {
            _activity?.SetStatus(ActivityStatusCode.Error, failure.ToString());
        }

        ReportTags.Write(_activity, _context);
        _activity?.Stop();
    }

    /// <summary>The stream of a refused request: nothing below the root is called.</summary>
    private sealed class RefusedStream(DataResidencyException refusal) : IAsyncEnumerator<ChatResponseUpdate>
    {
        public ChatResponseUpdate Current => throw new InvalidOperationException("The stream has no update.");

        public ValueTask<bool> MoveNextAsync() => ValueTask.FromException<bool>(refusal);

        public ValueTask DisposeAsync() => default;
    }
}
