using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Caching;

/// <summary>One call that identical requests wait for. It has its own token: no single caller's cancellation stops it.</summary>
[SuppressMessage(
    "Design", "CA1001", Justification = "The source has no timer, and a provider may look at its token after the call has ended.")]
internal sealed class CoalescedCall(AnswerKey key)
{
    private readonly CancellationTokenSource _stop = new();

    public AnswerKey Key { get; } = key;

    public CancellationToken Token => _stop.Token;

    /// <summary>In order of arrival. Used only under the lock of <see cref="CoalescedCalls"/>.</summary>
    public List<AnswerWaiter> Waiters { get; } = [];

    public void Stop() => DetachedWork.Cancel(_stop);
}

/// <summary>One request that waits for a call. Its task gives the call's result, or null if the request stopped waiting.</summary>
internal sealed class AnswerWaiter(CoalescedCall call, TaskCreationOptions options) : TaskCompletionSource<CoalescedCallResult?>(options)
{
    public CoalescedCall Call { get; } = call;
}

/// <summary>How a call ended: with a stored answer, a new one, or a failure.</summary>
internal sealed record CoalescedCallResult
{
    /// <summary>An answer found in the store after all.</summary>
    public StoredAnswer? Stored { get; init; }

    /// <summary>The response itself: only for the request that began the call.</summary>
    public ChatResponse? Response { get; init; }

    /// <summary>The response's content, for all others; null if it cannot be copied without loss.</summary>
    public AnswerContent? Content { get; init; }

    /// <summary>The report of a ladder below, for all others too.</summary>
    public ResilienceReport? Report { get; init; }

    public AttemptFailure? Failure { get; init; }

    /// <summary>The call's own context; null without a ladder above.</summary>
    public RequestContext? Context { get; init; }

    /// <summary>Whether a request that only waited may take the answer: only a model's answer is shared.</summary>
    /// <remarks>A stored or last-resort answer means that the models failed for the first request, which may have had less time.</remarks>
    public bool IsFor(bool allowsFallback) =>
        Content is not null
        && (Context is null || (Context.Answer.Source == AnswerSource.Model && (allowsFallback || !Context.Answer.IsDegraded)));
}
