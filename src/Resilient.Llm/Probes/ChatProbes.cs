using System.Diagnostics.CodeAnalysis;
using Resilient.Llm.Probes;
using Resilient.Llm.Utilities;

namespace Resilient.Llm;

/// <summary>Active probes of a ladder's endpoints: a few short questions of our own, where requests bring no news or should not have to.</summary>
/// <remarks>
/// <para>
/// Health is passive first: circuits learn from requests, and where those flow nothing is probed. An endpoint is probed when its circuit is open and the break has ended, in place of the request that
/// would have been the trial, and, where <see cref="ChatProbeOptions.ProbeIdleEndpoints"/> says so, when nothing has called it for a while. Not probed is what an operator has isolated or drained,
/// what is rate limited, what lies outside the residency, and an endpoint that is a ladder itself, whose own probes know better.
/// </para>
/// <para>
/// While <see cref="RunAsync"/> runs, the probe has a head start of five seconds after a break's end: requests go elsewhere meanwhile, and
/// try the endpoint themselves only where no other answers, not even stored answers or a last resort. If no probe has come by then (the
/// budget was spent), requests try it as without probes.
/// </para>
/// <para>
/// A probe goes through the endpoint's own layers, but for the retries: it takes a place in its limiter, its outcome counts for the circuit, and the guard binds it by the ladder's residency. It carries nothing of
/// any user, appears in no report, callback or instrument of requests, and is not what an endpoint's times are measured by: its short question would make a slow endpoint look fast.
/// It is logged (events 50 and 51) and counted (<c>resilient_llm.probes</c>). What it does to a circuit is told like any other transition.
/// </para>
/// <para>
/// With a host, <c>AddResilientChat</c> runs them. Without one: <c>client.GetService&lt;ChatProbes&gt;()!.RunAsync(stopping)</c>, or <see cref="ProbeAsync"/> when you think fit. Thread-safe.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Without timer and wait handle there is nothing in it to dispose, and it ends with its ladder.")]
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
        _endpoints = [.. targets.Where(target => plan.Residency.Allows(target.Endpoint.Geography)).Select(target => new ProbedEndpoint(target, plan))];
    }

    /// <summary>Probes whenever it is due, until it is cancelled or the ladder is disposed. Failures of probes are no failures of this.</summary>
    /// <param name="cancellationToken">Ends it: probes in progress are cancelled and say nothing about their endpoints.</param>
    /// <returns>A task that ends, without an exception, when the last probe has ended.</returns>
    /// <exception cref="InvalidOperationException">They are running already.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 1)
        {
            throw new InvalidOperationException("The active probes of this ladder are running already: call RunAsync once, and not at all where a host runs them (AddResilientChat).");
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

    /// <summary>Probes the endpoints of which that is due now, within the budget. Returns when the last probe has ended.</summary>
    /// <param name="cancellationToken">Cancels the probes in progress, which then say nothing about their endpoints.</param>
    /// <returns>What the probes have come to, in the order of the ladder; one for each endpoint that was probed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IReadOnlyList<ChatProbeResult>> ProbeAsync(CancellationToken cancellationToken = default)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposal.Token);
        var results = await ProbeWatch.ProbeDue(_endpoints, stopping.Token).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. results.OfType<ChatProbeResult>()];
    }

    /// <summary>Ends everything: the ladder is being disposed.</summary>
    internal void Stop() => DetachedWork.Cancel(_disposal);
}
