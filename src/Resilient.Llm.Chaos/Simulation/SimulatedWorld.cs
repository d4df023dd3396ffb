namespace Resilient.Llm.Chaos;

/// <summary>The parts from which the chain under test is composed: clock, randomness and providers.</summary>
/// <remarks>Belongs to one run. Not thread-safe.</remarks>
public sealed class SimulatedWorld
{
    private readonly SeededRandom _random;
    private readonly OutageSchedule _outages;
    private readonly Action<double> _onCall;

    internal SimulatedWorld(VirtualClock clock, SeededRandom random, OutageSchedule outages, Action<double> onCall) =>
        (Clock, _random, _outages, _onCall) = (clock, random, outages, onCall);

    /// <summary>Gets the clock. Pass it to <see cref="ResilientChatBuilder.WithTimeProvider"/>.</summary>
    public VirtualClock Clock { get; }

    /// <summary>Returns random numbers for one purpose, for example for <see cref="ResilientChatBuilder.WithRandomizer"/>.</summary>
    /// <param name="purpose">The purpose. The same one gives the same numbers.</param>
    public SeededRandom RandomFor(string purpose) => _random.For(purpose);

    /// <summary>Creates a provider whose calls are counted.</summary>
    /// <param name="model">The provider's speed and kinds of failure.</param>
    /// <param name="outages">When it fails; null for all incidents of its name.</param>
    /// <param name="region">Distinguishes endpoints of one provider: each has its own random numbers.</param>
    public SimulatedChatClient Provider(SimulatedModel model, FailureTimeline? outages = null, string region = "")
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(Clock, RandomFor($"provider {model.Name} {region}"), model, outages ?? _outages.Of(model.Name)) { OnCall = _onCall };
    }
}
