using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <content>What has arrived reaches the caller, or waits until another model could continue behind it; and what follows a break.</content>
internal sealed partial class FallbackStream
{
    /// <param name="exception">How the stream broke.</param>
    /// <param name="next">The continuation, which is read from now on.</param>
    /// <param name="isDelivered">Whether there is something to deliver before that: the rest of what had arrived.</param>
    private bool TryContinue(Exception exception, [NotNullWhen(true)] out ContinuedStream? next, out bool isDelivered)
    {
        var broken = _inner.Stream as ContinuedStream;
        _inner.Drop();
        isDelivered = false;
        if (!_isTailOfBroken && _tail.TryReleaseSpace(ref _delivered, out var space))
        {
            Current = space;
            isDelivered = true;
        }

        _continuations ??= new(_selector, _token);
        try
        {
            next = _continuations.Next(exception, broken, _delivered, _tail.Released);
        }
        catch (ChatStreamInterruptedException interruption) when (isDelivered || _tail.Released < _delivered.Count)
        {
            // The caller gets all that had arrived, and then the exception.
            _interruption = ExceptionDispatchInfo.Capture(interruption);
            next = null;
        }

        if (next is null)
        {
            // A further move ends as well, after what is left.
            _isOver = true;
            _isPassing = false;
            _isTailOfBroken = false;
            _tail.ReleaseAll();
            isDelivered = isDelivered || TryRelease();
            return false;
        }

        // Held back, and not needed unless this one fails as well.
        _isTailOfBroken = true;
        _inner.Keep(next);
        return true;
    }

    private ValueTask<bool> IsAtEnd()
    {
        if (_interruption is not { } interruption)
        {
            return new(false);
        }

        _interruption = null;
        return ValueTask.FromException<bool>(interruption.SourceException);
    }

    private bool Deliver() => Deliver(_inner.Stream!.Current);

    // Providers name the conversation in the first or the last update: those between are not checked.
    private bool DeliverHeld(ChatResponseUpdate update, StreamAttempt attempt)
    {
        ConversationIds.Note(_selector.Request, update.ConversationId, attempt.Attempt.Step);
        return Deliver(update, attempt.Attempt.Step);
    }

    private bool End()
    {
        _hasEnded = true;
        _isOver = true;
        _isPassing = false;
        var last = _tail.Released < _delivered.Count ? _delivered[_delivered.Count - 1] : Current;
        ConversationIds.Note(_selector.Request, last?.ConversationId, _selector.Attempt.Step);
        _tail.ReleaseAll();
        return TryRelease();
    }

    /// <summary>Takes an update that has arrived.</summary>
    /// <returns>Whether there is one for the caller: it may have to wait for the next one.</returns>
    private bool Deliver(ChatResponseUpdate update, Step? author = null)
    {
        ConversationIds.Hide(_selector.Request, update);
        if (TurnMarks.IsNeeded(update))
        {
            TurnMarks.Write(_selector.Request, update, author ?? _selector.Attempt.Step);
        }

        if (_isTailOfBroken)
        {
            // The continuation has joined: it says again what was held back.
            _isTailOfBroken = false;
            _tail.Drop(ref _delivered);
        }

        _delivered.Add(update);
        if (_holdsBack ? !_tail.Passes(update, ref _delivered) : !_tail.PassesUnread())
        {
            return TryRelease();
        }

        Current = update;
        return true;
    }

    private bool TryRelease()
    {
        if (_isTailOfBroken || !_tail.TryRelease(ref _delivered, out var update))
        {
            return false;
        }

        Current = update;
        return true;
    }
}
