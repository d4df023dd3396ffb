using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm;

/// <content>A stored answer before any model is asked, and one call for all identical requests.</content>
public sealed partial class CachedAnswerChatClient
{
    /// <summary>Time that a request waiting for a shared call keeps, for a stored answer or last resort of its own ladder.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(250);

    internal AnswerCache Cache => _cache;

    /// <summary>A stored answer of the first step, as the answer to this request.</summary>
    internal ValueTask<StoredAnswer?> LookUpAsync(in AnswerQuestion question, CancellationToken cancellationToken) =>
        _cache.Mode == CachedAnswerMode.ReadThrough
            ? _cache.FindAsync(question.Key, question.Residency, firstStepOnly: true, question.Deadline, cancellationToken)
            : default;

    /// <summary>Stores what a stream said that was read to its end.</summary>
    internal void Record(in AnswerQuestion question, AnswerRecorder recorder)
    {
        if (MayKeep(question.Context, recorder.Report))
        {
            Keep(question, question.Context, recorder.ToContent(out var refusal), refusal);
        }
    }

    internal IAsyncEnumerable<ChatResponseUpdate> OpenStream(
        IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken);

    /// <summary>Reports that a stored answer was served. It is the first step's, and so not degraded.</summary>
    internal void MarkServed(in AnswerQuestion question, StoredAnswer stored)
    {
        if (_isInLadder && question.Context is { } context)
        {
            context.Answer.Source = AnswerSource.Cache;
            context.Answer.ServedBy = CachedAnswerStep.StepName;
            context.Answer.Endpoint = null;
            context.Answer.IsDegraded = false;
            context.Answer.Age = _cache.AgeOf(stored);
            context.Attempts.NoteMoment();
            context.Attempts.Add(new() { Step = CachedAnswerStep.StepName, Duration = context.Elapsed });
        }
    }

    private OutcomeTask ReadThrough(
        in AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (_cache.FindInMemory(question.Key, question.Residency, firstStepOnly: true) is { } stored)
        {
            return new(Serve(question, stored));
        }

        // Answers to requests with tools are mostly tool calls, which cannot be shared. Below another ladder the call belongs to one
        // attempt of one request, with that request's probe permit.
        var mayShare = options?.Tools is not { Count: > 0 } && (_isInLadder || question.Context is null);
        return mayShare
            ? SharedAsync(question, messages, options, cancellationToken)
            : AloneAsync(question, messages, options, cancellationToken);
    }

    private async Task<CallOutcome> AloneAsync(
        AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (await LookUpAsync(question, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            return Serve(question, stored);
        }

        question.Context?.Attempts.Begin();
        return await Recorded(question, _next.TryGetResponseAsync(messages, options, cancellationToken)).ConfigureAwait(false);
    }

    private async Task<CallOutcome> SharedAsync(
        AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(new OperationCanceledException(cancellationToken));
        }

        var patience = PatienceOf(question);
        if (patience <= TimeSpan.Zero)
        {
            return await Recorded(question, _next.TryGetResponseAsync(messages, options, cancellationToken)).ConfigureAwait(false);
        }

        var waiter = _calls.Join(question.Key, out var begins);
        if (begins)
        {
            // Never throws. The shared call has the deadline of the request that begins it, so that request waits without its own limit.
            _ = RunAsync(waiter.Call, question, messages, options);
            patience = null;
        }

        var result = await _calls.WaitAsync(waiter, patience, cancellationToken).ConfigureAwait(false);
        if (result?.Stored is { } stored)
        {
            return Serve(question, stored);
        }

        if (begins || result?.IsFor(question.AllowFallback) == true)
        {
            if (result!.Context is { } shared)
            {
                question.Context!.Adopt(shared);
            }

            return result.Failure is { } failure
                ? new(failure)
                : new(begins ? result.Response! : ToResponse(result.Content!, result.Report));
        }

        // The shared call failed, or time is running out: use this request's own ladder, not another shared call. The time waited is gone.
        question.Context?.Attempts.Begin();
        return await Recorded(question, _next.TryGetResponseAsync(messages, options, cancellationToken)).ConfigureAwait(false);
    }

    private async Task RunAsync(CoalescedCall call, AnswerQuestion question, IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        var context = question.Context?.ForSharedCall(call.Token);
        CoalescedCallResult result;
        try
        {
            // Copied before any wait: the request that began the call may leave, and its caller may change the messages. Inside the try,
            // since a foreign list may throw, and a call that never completes would keep all waiters waiting.
            ChatMessage[] asked = [.. messages];
            var own = context is null
                ? options?.Clone()
                : new ResilientChatOptions(options) { Context = context, IsBlank = options is ResilientChatOptions { IsBlank: true } };

            // Another shared call may have completed between the first look-up and this one.
            if (await LookUpAsync(question, call.Token).ConfigureAwait(false) is { } stored)
            {
                result = new() { Stored = stored };
            }
            else
            {
                context?.Attempts.Begin();
                var outcome = await _next.TryGetResponseAsync(asked, own, call.Token).ConfigureAwait(false);
                result = outcome.Failure is { } failed
                    ? new() { Failure = failed, Context = context }
                    : ResultOf(question, outcome.Response!, context);
            }
        }
        catch (Exception failure)
        {
            result = new() { Failure = new(failure), Context = context };
        }

        _calls.Complete(call, result);
    }

    private CoalescedCallResult ResultOf(in AnswerQuestion question, ChatResponse response, RequestContext? context)
    {
        // For the requests that wait for it, also where it is not stored. But not what a ladder below improvised for this one.
        var report = response.GetResilienceReport();
        var content = AnswerSnapshot.TryTake(response, out var refusal);
        var mayKeep = MayKeep(context, report);
        if (mayKeep)
        {
            Keep(question, context, content, refusal);
        }

        return new() { Response = response, Content = mayKeep || _isInLadder ? content : null, Report = report, Context = context };
    }

    private TimeSpan? PatienceOf(in AnswerQuestion question) => question.Deadline == long.MaxValue
        ? null
        : _cache.TimeProvider.TimeUntil(question.Deadline) - Reserve;

    private CallOutcome Serve(in AnswerQuestion question, StoredAnswer stored)
    {
        MarkServed(question, stored);
        return new(ToResponse(stored, isDegraded: false));
    }
}
