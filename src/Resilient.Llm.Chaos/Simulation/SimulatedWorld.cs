namespace Resilient.Llm.Chaos;

/// <summary>What the chain under test is composed from: the clock, chance, and providers.</summary>
/// <remarks>Of one simulation. Not thread-safe.</remarks>
public sealed class SimulatedWorld
{
    private readonly SeededRandom _random;
    private readonly OutageSchedule _outages;
    private readonly Action<double> _onCall;

    internal SimulatedWorld(VirtualClock clock, SeededRandom random, OutageSchedule outages, Action<double> onCall) =>
        (Clock, _random, _outages, _onCall) = (clock, random, outages, onCall);

    /// <summary>The clock. Give it to <see cref="ResilientChatBuilder.WithTimeProvider"/>.</summary>
    public VirtualClock Clock { get; }

    /// <summary>Chance for one purpose. Give <see cref="SeededRandom.NextDouble"/> of one to <see cref="ResilientChatBuilder.WithRandomizer"/>.</summary>
    /// <param name="purpose">Each has its own; the same one twice draws the same numbers twice.</param>
    public SeededRandom RandomFor(string purpose) => _random.For(purpose);

    /// <summary>Makes a provider whose calls are counted.</summary>
    /// <param name="model">How fast it is, and how it fails.</param>
    /// <param name="outages">When it fails; null: in all incidents of that name.</param>
    /// <param name="region">Tells several endpoints of one provider apart: each has its own luck.</param>
    public SimulatedChatClient Provider(SimulatedModel model, FailureTimeline? outages = null, string region = "")
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(Clock, RandomFor($"provider {model.Name} {region}"), model, outages ?? _outages.Of(model.Name)) { OnCall = _onCall };
    }
}
