using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A primary that takes its time, always the same, above a cheaper model that is thirty times as fast: nothing is wrong, and the primary is to keep its traffic.</summary>
internal sealed class SlowButHealthy
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<SpikeTransition> _circuits = [];
    private readonly PacedChatClient _primary;
    private readonly PacedChatClient _cheaper;

    /// <param name="time">Draws what the primary takes.</param>
    public SlowButHealthy(Func<Random, TimeSpan> time)
    {
        var (ofPrimary, ofCheaper) = (new Random(1), new Random(2));
        _primary = Model(() => time(ofPrimary));
        _cheaper = Model(() => Traffic.LogNormal(ofCheaper, TimeSpan.FromMilliseconds(300), 0.18));
    }

    public static TimeSpan Length => TimeSpan.FromMinutes(10);

    /// <summary>Every change of a circuit.</summary>
    public IReadOnlyList<SpikeTransition> Circuits => _circuits;

    /// <summary>Calls of providers that nobody ended.</summary>
    public int LeftInFlight => _primary.InFlight + _cheaper.InFlight;

    public async Task<SpikeCall[]> RunAsync(bool streaming, double callsPerSecond, Action<ResilientChatBuilder> configure)
    {
        LadderLab.GoOnInline();
        var jitter = new Random(3);
        var origin = _clock.GetTimestamp();
        var builder = new ResilientChatBuilder().WithTimeProvider(_clock).WithRandomizer(jitter.NextDouble).AddModel("primary", _primary).AddModel("cheaper", _cheaper);
        configure(builder.OnCircuitChanged(change => _circuits.Add(new(_clock.GetElapsedTime(origin), change.Model, change.To, change.Reason))));
        using var ladder = builder.Build();
        return await Traffic.RunAsync(ladder, _clock, streaming, callsPerSecond, Length, () => _clock.GetElapsedTime(origin));
    }

    private PacedChatClient Model(Func<TimeSpan> time) => new(_clock, time, TimeSpan.FromMilliseconds(50), "It ", "takes ", "five ", "pieces", ".");
}
