using System.Diagnostics.CodeAnalysis;
using Resilient.Llm.Probes;
using Resilient.Llm.Utilities;

namespace Resilient.Llm;

/// <summary>Active probes of a ladder's endpoints: short questions where requests give no information or should not have to.</summary>
/// <remarks>
/// <para>
/// Health is passive first: circuits learn from requests, and endpoints in use are not probed. A probe is due when a circuit's break has
/// ended, in place of the trial request, and, with <see cref="ChatProbeOptions.ProbeIdleEndpoints"/>, when an endpoint is idle. Not probed
/// are endpoints that an operator has isolated or drained, that are rate limited or outside the residency, and nested ladders, which have
/// their own probes.
/// </para>
/// <para>
/// While <see cref="RunAsync"/> runs, the probe has a head start of five seconds after a break. Meanwhile requests try the endpoint only
/// where nothing else answers, not even stored answers or a last resort. Without a probe by then (the budget was spent), requests try it.
/// </para>
/// <para>
/// A probe passes through the endpoint's own layers except the retries: it takes a place in the limiter, its outcome counts for the
/// circuit, and the guard applies the ladder's residency. It contains no user data, appears in no report, callback or instrument of
/// requests, and is no part of the endpoint's latency, which its short question would make look fast. It is logged (events 50 and 51) and
/// counted (<c>resilient_llm.probes</c>). Transitions that it causes are reported like any other.
/// </para>
/// <para>
/// With a host, <c>AddResilientChat</c> runs them. Without one, call <c>client.GetService&lt;ChatProbes&gt;()!.RunAsync(stopping)</c>, or
/// <see cref="ProbeAsync"/> when needed. Thread-safe.
/// </para>
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "Without timer and wait handle there is nothing to dispose, and it ends with its ladder.")]
public sealed class ChatProbes
{
    private readonly ProbedEndpoint[] _endpoints;
    private readonly ProbePlan _plan;
    private readonly Func<double> _randomness;
    private readonly CancellationTokenSource _disposal = new();
    private int _isRunning;

    internal ChatProbes(IEnumerable<ProbeTarget> targets, ProbePlan plan, Func<double> randomness)
    {
        _plan = plan;
        _randomness = randomness;
        _endpoints = [.. targets
            .Where(target => plan.Residency.Allows(target.Endpoint.Geography))
            .Select(target => new ProbedEndpoint(target, plan))];
    }

    /// <summary>Makes all due probes until it is cancelled or the ladder is disposed. Failed probes do not make it fail.</summary>
    /// <param name="cancellationToken">Ends it: probes in progress are cancelled and say nothing about their endpoints.</param>
    /// <returns>A task that ends, without an exception, when the last probe has ended.</returns>
    /// <exception cref="InvalidOperationException">They are running already.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 1)
        {
            throw new InvalidOperationException(
                "The active probes of this ladder are running already: "
                + "call RunAsync once, and not at all where a host runs them (AddResilientChat).");
        }

        try
        {
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
            using var watch = new ProbeWatch(_endpoints, _plan, _randomness, stopping.Token);
            await watch.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }

    /// <summary>Makes the probes that are due now, within the budget. Returns when the last one has ended.</summary>
    /// <param name="cancellationToken">Cancels the probes in progress, which then say nothing about their endpoints.</param>
    /// <returns>The results, in the order of the ladder; one for each endpoint that was probed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IReadOnlyList<ChatProbeResult>> ProbeAsync(CancellationToken cancellationToken = default)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        var results = await ProbeWatch.ProbeDue(_endpoints, stopping.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. results.OfType<ChatProbeResult>()];
    }

    /// <summary>Ends all probes when the ladder is disposed.</summary>
    internal void Stop() => DetachedWork.Cancel(_disposal);
}
