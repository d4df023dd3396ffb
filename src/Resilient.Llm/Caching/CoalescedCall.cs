using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Caching;

/// <summary>One call that several identical requests wait for. It runs on its own token, so no single caller's cancellation stops it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer, and a provider may look at its token after the flight has ended.")]
internal sealed class CoalescedCall(AnswerKey key)
{
    private readonly CancellationTokenSource _stop = new();

    public AnswerKey Key { get; } = key;

    public CancellationToken Token => _stop.Token;

    /// <summary>In the order in which they came. Touched only under the lock of <see cref="CoalescedCalls"/>.</summary>
    public List<AnswerWaiter> Waiters { get; } = [];

    public void Stop() => DetachedWork.Cancel(_stop);
}

/// <summary>One request that waits for a flight. Its task gives the flight's result, or null when the request ran out of patience.</summary>
internal sealed class AnswerWaiter(CoalescedCall flight, TaskCreationOptions options) : TaskCompletionSource<CoalescedCallResult?>(options)
{
    public CoalescedCall Flight { get; } = flight;
}

/// <summary>How a flight ended: with a stored answer, a fresh one, or a failure.</summary>
internal sealed record CoalescedCallResult
{
    /// <summary>Found in the store after all.</summary>
    public StoredAnswer? Stored { get; init; }

    /// <summary>The response itself: for the request that began the flight alone.</summary>
    public ChatResponse? Response { get; init; }

    /// <summary>What the response says, for all others; null when it cannot be copied without loss.</summary>
    public AnswerContent? Content { get; init; }

    public AttemptFailure? Failure { get; init; }

    /// <summary>The flight's own context; null where no ladder stands above.</summary>
    public RequestContext? Context { get; init; }

    /// <summary>
    /// Whether a request that merely waited may take the answer. Only a model's answer is worth sharing: a stored or a last-resort one means that the
    /// models failed for the request that began the flight, which may have had less time than this one.
    /// </summary>
    public bool IsFor(bool allowsFallback) =>
        Content is not null && (Context is null || (Context.Answer.Source == AnswerSource.Model && (allowsFallback || !Context.Answer.IsDegraded)));
}
