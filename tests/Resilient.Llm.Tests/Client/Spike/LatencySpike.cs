using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>
/// Nine minutes at twenty calls a second, in virtual time: after the first minute the primary takes ten seconds to first content, for five minutes; then it is well again.
/// </summary>
/// <remarks>The same twice: times, arrivals and jitter are drawn from fixed seeds, and everything happens on the thread that moves the clock.</remarks>
internal sealed class LatencySpike
{
    public static readonly TimeSpan Before = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan After = TimeSpan.FromMinutes(3);
    public static readonly TimeSpan SlowTime = TimeSpan.FromSeconds(10);
    private const double CallsPerSecond = 20;

    private readonly ManualTimeProvider _clock = new();
    private readonly long _origin;
    private readonly PacedChatClient _primary;
    private readonly PacedChatClient _cheaper;

    /// <param name="isCheaperSlowToo">Whether the spike hits both models.</param>
    public LatencySpike(bool isCheaperSlowToo = false)
    {
        _origin = _clock.GetTimestamp();
        _primary = Model(medianMilliseconds: 280, seed: 1, hasSpike: true);
        _cheaper = Model(medianMilliseconds: 210, seed: 2, hasSpike: isCheaperSlowToo);
    }

    /// <summary>Since the beginning of the spike; negative before it.</summary>
    private TimeSpan Now => _clock.GetElapsedTime(_origin) - Before;

    /// <summary>Runs the nine minutes through a whole ladder: the models, cached answers, a last resort.</summary>
    /// <param name="streaming">Whether as streams.</param>
    /// <param name="configure">The policies in question.</param>
    /// <param name="hasCheaper">Whether there is a second model at all.</param>
    public async Task<SpikeOutcome> RunAsync(bool streaming, Action<ResilientChatBuilder> configure, bool hasCheaper = true)
    {
        LadderLab.GoOnInline();
        var jitter = new Random(3);
        var circuits = new List<SpikeTransition>();
        var builder = new ResilientChatBuilder().WithTimeProvider(_clock).WithRandomizer(jitter.NextDouble).AddModel("primary", _primary);
        if (hasCheaper)
        {
            builder.AddModel("cheaper", _cheaper);
        }

        configure(builder.AddCachedAnswers().AddLastResort().OnCircuitChanged(change => circuits.Add(new(Now, change.Model, change.To, change.Reason))));
        using var ladder = builder.Build();
        var calls = await Traffic.RunAsync(ladder, _clock, streaming, CallsPerSecond, Length + After + Before, () => Now);
        return new(calls, circuits, _primary.Calls + _cheaper.Calls - calls.Length, _primary.InFlight + _cheaper.InFlight, _clock.ArmedTimers);
    }

    /// <summary>Log-normal: nineteen of twenty calls take from 0.7 to 1.4 times the median.</summary>
    private PacedChatClient Model(double medianMilliseconds, int seed, bool hasSpike)
    {
        var random = new Random(seed);
        return new(_clock, Draw, TimeSpan.FromMilliseconds(50), "It ", "takes ", "five ", "pieces", ".");

        TimeSpan Draw() => hasSpike && Now >= TimeSpan.Zero && Now < Length ? SlowTime : Traffic.LogNormal(random, TimeSpan.FromMilliseconds(medianMilliseconds), spread: 0.18);
    }
}

/// <param name="StartedAt">Since the beginning of the spike.</param>
/// <param name="Time">To first content, or to the plain answer.</param>
/// <param name="Report">Null: unanswered.</param>
internal sealed record SpikeCall(TimeSpan StartedAt, TimeSpan Time, ResilienceReport? Report)
{
    public int Hedges => Report?.Attempts.Count(static attempt => attempt.Role == AttemptRole.Hedge && attempt.SkipReason is null) ?? 0;
}

/// <param name="At">Since the beginning of the spike.</param>
/// <param name="Model">Whose circuit.</param>
/// <param name="To">The state it is in.</param>
/// <param name="Reason">Why.</param>
internal sealed record SpikeTransition(TimeSpan At, string Model, CircuitState To, CircuitTransitionReason Reason);
