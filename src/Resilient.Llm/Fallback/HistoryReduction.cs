using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;
using Resilient.Llm.Residency;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Fallback;

/// <summary>What becomes of a request whose history is too long for a model: reduced, it goes once more to the same endpoint.</summary>
/// <remarks>
/// A model with a larger window, which gets the whole history, is better and comes first. Made for one request, when a model has refused
/// it; once per request.
/// </remarks>
internal sealed class HistoryReduction
{
    // For a request without a deadline.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(30);

    private readonly FallbackRequest _request;
    private readonly IChatReducer _reducer;
    private readonly Attempt _refused;
    private readonly AttemptFailure _refusal;
    private readonly bool _isCallers;

    private HistoryReduction(FallbackRequest request, IChatReducer reducer, in Attempt refused, AttemptFailure refusal, bool isCallers)
    {
        _request = request;
        _reducer = reducer;
        _refused = refused;
        _refusal = refusal;
        _isCallers = isCallers;
    }

    /// <summary>Whether it is still to be tried.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Whether nothing else comes before it: without it, the refusal would go to the caller.</summary>
    public bool IsNext => IsOpen && _isCallers;

    /// <summary>The refusal that goes to the caller after all; null unless the reduction did not help and nothing else may.</summary>
    public AttemptFailure? Refusal { get; private set; }

    public Step Step => _refused.Step;

    public bool IsFirst => _refused.IsFirst;

    /// <summary>
    /// Null without a reducer, and where a shorter history would be another request: a provider holds the conversation, an answer is being
    /// continued, or the caller wants no less than the whole.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="refused">The attempt that was refused.</param>
    /// <param name="refusal">Its failure.</param>
    /// <param name="isCallers">Whether that failure would go to the caller.</param>
    public static HistoryReduction? Of(FallbackRequest request, in Attempt refused, AttemptFailure refusal, bool isCallers) =>
        request.Chain.Options.Reducer is { } reducer
        && request.Options is { IsBound: false, AllowFallback: true }
        && !request.Context.IsContinuation
            ? new(request, reducer, refused, refusal, isCallers)
            : null;

    /// <summary>It did not help: everything is as it would be without it.</summary>
    public void GiveUp()
    {
        IsOpen = false;
        Refusal = _isCallers ? _refusal : null;
    }

    /// <summary>The reduced history; null, with a line in the log, if there is none that is shorter.</summary>
    /// <param name="until">
    /// Timestamp by which the reducer must be done; null if there is no time for it, <see cref="long.MaxValue"/> for its own limit.
    /// </param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async ValueTask<IReadOnlyList<ChatMessage>?> ReduceAsync(long? until, CancellationToken cancellationToken)
    {
        IsOpen = false;
        var whole = _refused.Messages;
        var events = _request.Chain.Events;
        try
        {
            var reduced = until is { } time ? await RunAsync(whole, time, cancellationToken).ConfigureAwait(false) : null;
            if (reduced is null)
            {
                events.ReducerFailed(Step.Endpoint, "was not done in time", null);
            }
            else if (WhyUnfit(whole, reduced) is { } why)
            {
                events.ReducerFailed(Step.Endpoint, why, null);
                reduced = null;
            }
            else
            {
                events.Reduced(Step.Endpoint, whole.Count, reduced.Count);
            }

            return reduced;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Application code.
            events.ReducerFailed(Step.Endpoint, "threw", exception);
            return null;
        }
    }

    private async ValueTask<List<ChatMessage>?> RunAsync(
        IReadOnlyList<ChatMessage> whole, long until, CancellationToken cancellationToken)
    {
        var clock = _request.Context.TimeProvider;
        var limit = until == long.MaxValue ? s_longest : clock.GetElapsedTime(clock.GetTimestamp(), until);
        var ended = await TimeLimited.RunAsync(Start, limit, clock, cancellationToken).ConfigureAwait(false);
        if (_request.Context.IsCancelledByCaller)
        {
            throw new OperationCanceledException(_request.Context.CallerToken);
        }

        cancellationToken.ThrowIfCancellationRequested();

        // One more than there were: a sequence without an end must not fill the memory.
        return ended is null ? null : [.. (await ended.ConfigureAwait(false) ?? []).Take(whole.Count + 1)];

        Task<IEnumerable<ChatMessage>>? Start(CancellationToken stop)
        {
            // A reducer may ask a model for a summary, through a ladder or not: the request's bound applies there too.
            using (ResidencyScope.Enter(ResidencyBound.Of(_refused.Options, _request.Context)))
            {
                return _reducer.ReduceAsync([.. whole], stop);
            }
        }
    }

    private static string? WhyUnfit(IReadOnlyList<ChatMessage> whole, List<ChatMessage> reduced) =>
        reduced.Count == 0 ? "left nothing"
        : reduced.Contains(null!) ? "left a message that is null"
        : reduced.Count > whole.Count || Size(reduced) >= Size(whole) ? "left as much as there was"
        : null;

    /// <summary>What the messages hold, roughly: a summary may be one message more than it replaces, but not longer.</summary>
    private static long Size(IReadOnlyList<ChatMessage> messages)
    {
        long size = 0;
        foreach (var message in messages)
        {
            foreach (var content in message.Contents)
            {
                size += 1 + content switch
                {
                    TextContent text => text.Text.Length,
                    TextReasoningContent reasoning => reasoning.Text.Length,
                    DataContent data => data.Data.Length,
                    FunctionResultContent { Result: { } result } => result.ToString()?.Length ?? 0,
                    _ => 0,
                };
            }
        }

        return size;
    }
}
