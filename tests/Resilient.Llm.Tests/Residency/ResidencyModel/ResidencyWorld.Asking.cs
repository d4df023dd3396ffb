using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Tests;

/// <content>Requests, from their draw to what came of them.</content>
internal sealed partial class ResidencyWorld
{
    private void Ask()
    {
        _moment++;
        var question = $"q{Draw.Int(1, 4)}, what now?";
        var requests = new WorldRequest[Draw.Weighted((9, 1), (2, 2), (2, 3))];
        for (var i = 0; i < requests.Length; i++)
        {
            // Those who are bound alike share calls and stored answers, and nobody else does.
            var twin = Draw.Chance(0.6) ? Requests[Math.Max(0, Requests.Count - (i > 0 ? 1 : Draw.Int(1, 8)))] : Stranger;
            requests[i] = twin == Stranger
                ? WorldRequest.From(Draw, _settings, Conversations, Requests.Count, question, mayGiveUp: !HasRetries)
                : twin.Again(Requests.Count, question, Draw.Chance(0.2) ? !twin.IsStreaming : twin.IsStreaming);
            Requests.Add(requests[i]);
            _moments.Add(_moment);
        }

        Task[] tasks = [.. requests.Select(AskAsync)];
        var switches = Draw.Chance(0.3);

        // Where probes look round there is always a next timer.
        var latest = Clock.GetUtcNow() + TimeSpan.FromHours(1);
        while (!Array.TrueForAll(tasks, static task => task.IsCompleted) && Clock.GetUtcNow() <= latest && Clock.AdvanceToNextTimer(TimeSpan.FromHours(1)))
        {
            if (switches && requests.Any(static request => request.IsInProgress))
            {
                Switch(0.3, Tally.RegionSwitchInFlight);
            }
        }

        for (var i = 0; i < tasks.Length; i++)
        {
            if (!tasks[i].IsCompleted)
            {
                Watch.Violation($"NO END: {requests[i]}");
            }

            if (requests[i].Session is { } session)
            {
                Sessions[session] = requests[i].Bounds;
            }

            if (!requests[i].Bounds.IsAnywhere)
            {
                WorldMemory.Inspect(this, _settings, _ladder, requests[i]);
            }
        }
    }

    private async Task AskAsync(WorldRequest request)
    {
        _story?.Add($"{Clock.GetUtcNow():HH:mm:ss.fff} asks {request}");
        WorldRequest.Asking = request;
        request.IsInProgress = true;
        Watch.CountBound(Tally.BoundRequest, request);
        var token = request.GivesUpAfter is null ? CancellationToken.None : request.Cancellation.Token;
        var timer = request.GivesUpAfter is { } time ? Clock.CreateTimer(static request => ((WorldRequest)request!).GivesUp(), request, time, Timeout.InfiniteTimeSpan) : null;
        var updates = new List<ChatResponseUpdate>();
        try
        {
            if (request.IsStreaming)
            {
                await foreach (var update in _ladder.GetStreamingResponseAsync(request.Messages(), request.Options, token).ConfigureAwait(false))
                {
                    updates.Add(update);
                }
            }
            else
            {
                updates.AddRange((await _ladder.GetResponseAsync(request.Messages(), request.Options, token).ConfigureAwait(false)).ToChatResponseUpdates());
            }

            End(request, updates, updates.ToChatResponse().GetResilienceReport(), null);
        }
        catch (Exception exception)
        {
            End(request, updates, (exception as ChatUnavailableException)?.Report ?? (exception as ChatStreamInterruptedException)?.Report, exception);
        }
        finally
        {
            request.IsInProgress = false;
            timer?.Dispose();
        }
    }

    private void End(WorldRequest request, List<ChatResponseUpdate> updates, ResilienceReport? report, Exception? exception)
    {
        var text = string.Concat(updates.Select(static update => update.Text));
        _story?.Add($"{Clock.GetUtcNow():HH:mm:ss.fff} m{request.Id} has '{text}' of {report?.Source} {report?.ServedBy}; {exception?.GetType().Name} {exception?.Message}");
        Watch.Delivered(request, text);
        NoteConversations(updates);
        ExpectRefusal(request, text, exception);
        if (exception is DataResidencyException)
        {
            Watch.Count(Tally.RefusedForResidency);
        }
        else if (exception is not (null or OperationCanceledException or ResilientChatException or HttpRequestException or IOException or MissingRequestContextException or HostileRoutingException)
            && !exception.Message.StartsWith($"The routing strategy {nameof(HostileRouting)}", StringComparison.Ordinal))
        {
            Watch.Violation($"FAILURE: {request} got {exception}");
        }

        if (report?.WasContinued == true)
        {
            Watch.CountBound(Tally.Continuation, request);
        }

        foreach (var attempt in report?.Attempts ?? [])
        {
            if (attempt.Role == AttemptRole.Hedge)
            {
                Watch.CountBound(Tally.Hedge, request);
            }

            if (attempt.ExceptionType == nameof(DataResidencyException))
            {
                Watch.Count(Tally.RefusedByGuard);
                if (!NeedsGuard)
                {
                    Watch.Violation($"CHOICE: the guard of {attempt.Step}/{attempt.Endpoint} had to refuse {request}");
                }
            }
        }
    }

    /// <summary>Where nobody said where the data may go, or a conversation's holder lies elsewhere, there is nothing to be had from any model.</summary>
    private void ExpectRefusal(WorldRequest request, string text, Exception? exception)
    {
        if (request.IsMissingResidency)
        {
            Watch.Count(Tally.ResidencyMissing);
            if (text.Length > 0 || request.Asked.Count > 0 || exception is not (DataResidencyException or OperationCanceledException))
            {
                Watch.Violation($"REQUIREMENT: {request} was not refused but got '{text}' {exception}");
            }
        }
        else if (_settings.Requirement != Requirement.Nothing && request.Asked.Count > 0 && (request.Bounds.IsAnywhere || request.Resolver.Bounds is not null))
        {
            Watch.Count(request.Resolver.Bounds is null ? Tally.AnywhereSaid : Tally.ResidencyResolved);
        }

        if (request.Conversation is { } conversation && !conversation.Holder.MayBeReachedBy(request.Bounds) && request.Asked.Count == 0)
        {
            Watch.Count(Tally.ConversationRefused);
        }
    }

    private void NoteConversations(List<ChatResponseUpdate> updates)
    {
        foreach (var id in updates.Select(static update => update.ConversationId).OfType<string>().Where(static id => id.Contains("-at-", StringComparison.Ordinal)))
        {
            if (!Conversations.Exists(known => known.Id == id))
            {
                Conversations.Add(new(id, Places[id[(id.IndexOf("-at-", StringComparison.Ordinal) + 4)..]]));
            }
        }
    }
}
