using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Probes;

/// <summary>One endpoint under active probes: whether a probe is due, and the probe. One at a time.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ProbedEndpoint(ProbeTarget target, ProbePlan plan)
{
    private long _idleSince = plan.TimeProvider.GetTimestamp();
    private volatile Task<ChatProbeResult?> _current = Task.FromResult<ChatProbeResult?>(null);
    private int _isBusy;

    public CircuitBreaker Breaker => target.Breaker;

    /// <summary>The probe in progress, or the last one. Never fails.</summary>
    public Task Current => _current;

    /// <summary>Why a probe would be worth its money now; null: it would not, or the endpoint may not be asked.</summary>
    public ChatProbeReason? Due()
    {
        // An operator took it out of service, wholly or as far as possible, or a provider or we ourselves keep it back: there is nothing to find out.
        var availability = target.Availability.Check();
        if (!availability.IsAvailable && !availability.IsLeftToProbe)
        {
            return null;
        }

        if (availability.NeedsReservation)
        {
            return ChatProbeReason.BreakEnded;
        }

        var since = Math.Max(target.Traffic.LastCallAt, Volatile.Read(ref _idleSince));
        return plan.Options.ProbeIdleEndpoints && plan.TimeProvider.GetElapsedTime(since) >= plan.Options.IdleAfter ? ChatProbeReason.Idle : null;
    }

    /// <summary>
    /// Probes, if that is due, no other probe is in progress and the budget allows it. A half-open circuit that wants several successes
    /// gets them one after the other.
    /// </summary>
    /// <returns>The last probe; null where there was none. Never fails.</returns>
    public Task<ChatProbeResult?> TryProbe(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isBusy, 1) == 1)
        {
            return Task.FromResult<ChatProbeResult?>(null);
        }

        var probes = ProbeWhileDueAsync(cancellationToken);
        _current = probes;
        return probes;
    }

    private async Task<ChatProbeResult?> ProbeWhileDueAsync(CancellationToken cancellationToken)
    {
        ChatProbeResult? last = null;
        try
        {
            while (!cancellationToken.IsCancellationRequested && Due() is { } reason)
            {
                if (!plan.Budget.TryTake(reason))
                {
                    plan.Events.ProbeLeftOut(target.Endpoint, reason);
                    break;
                }

                Volatile.Write(ref _idleSince, plan.TimeProvider.GetTimestamp());
                var context = Context(cancellationToken);
                if (reason == ChatProbeReason.BreakEnded && !target.Availability.TryReserve(context))
                {
                    break;
                }

                last = await ProbeAsync(reason, context, cancellationToken).ConfigureAwait(false);
                if (last.Failure is not null)
                {
                    break;
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }

        return last;
    }

    private async Task<ChatProbeResult> ProbeAsync(ChatProbeReason reason, RequestContext context, CancellationToken cancellationToken)
    {
        FailureKind? failure = null;
        Exception? exception = null;

        // Time that is up is the endpoint's failure, and not a cancellation by the caller: the context knows the caller's token alone.
        using var timeIsUp = new CancellationTokenSource(plan.Options.Timeout, plan.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeIsUp.Token, cancellationToken);
        try
        {
            await CallAsync(Options(context), both.Token).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            exception = thrown;
            failure = context.FailureOf(thrown).Classify(target.Classifier, cancellationToken).Kind;
        }
        finally
        {
            context.ReleaseReservation();
        }

        context.IsOver = true;
        context.Attempts.NoteMoment();
        if (failure != FailureKind.Cancelled)
        {
            plan.Events.Probed(target.Endpoint, reason, failure, exception, context.Elapsed);
        }

        return new(target.Endpoint.Model, target.Endpoint.Name ?? target.Endpoint.Model, reason, failure, context.Elapsed);
    }

    private RequestContext Context(CancellationToken cancellationToken)
    {
        var context = new RequestContext(plan.TimeProvider, plan.Options.UseStreaming, cancellationToken) { IsProbe = true, Residency = plan.Residency };
        context.SetDeadline(plan.Options.Timeout);
        return context;
    }

    /// <summary>Those of the model (its id, its effort), without what would make the question longer, or the answer.</summary>
    private ResilientChatOptions Options(RequestContext context)
    {
        var options = new ResilientChatOptions { Context = context, Attempt = new(target.Endpoint, context.Deadline, IsLastModel: false) };
        target.Configure?.Invoke(options);
        options.MaxOutputTokens = plan.Options.MaxOutputTokens;
        options.Instructions = null;
        options.Tools = null;
        options.ToolMode = null;
        options.ResponseFormat = null;
        return options;
    }

    private async Task CallAsync(ResilientChatOptions options, CancellationToken cancellationToken)
    {
        ChatMessage[] messages = [new(ChatRole.User, plan.Options.Prompt)];
        if (!plan.Options.UseStreaming)
        {
            await target.Client.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
            return;
        }

        await foreach (var _ in target.Client.GetStreamingResponseAsync(messages, options, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            // What it says does not matter.
        }
    }
}
