using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>Plays load and recorded outages against a chain of clients, the real code of it, in virtual time.</summary>
/// <remarks>
/// Thread-safe: every run has a clock, providers and a chain of its own, so that several can run at once on several threads, each the same as alone. A run is the same for the same window, seed and
/// settings, whatever the machine is doing.
/// </remarks>
public sealed class ChatSimulation
{
    // Where users have no end of patience, and something below repeats itself for ever.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private readonly ChatSimulationOptions _options;

    /// <summary>Creates a simulation.</summary>
    /// <param name="options">Validated, and copied.</param>
    /// <exception cref="ArgumentException">An option is out of its range: the message names it, its value and the remedy.</exception>
    public ChatSimulation(ChatSimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options with { };
    }

    /// <summary>Runs a window, and then until the last request has ended; a ladder's active probes run meanwhile, as with a host.</summary>
    /// <param name="window">When requests arrive.</param>
    /// <param name="seed">Any number; the same one twice gives the same run twice.</param>
    /// <param name="compose">Makes the chain under test. It is disposed in the end.</param>
    /// <exception cref="InvalidOperationException">The chain left virtual time, or lost a request that never ended.</exception>
    public SimulationResult Run(TimeWindow window, ulong seed, Func<SimulatedWorld, IChatClient> compose)
    {
        ArgumentNullException.ThrowIfNull(compose);
        var clock = new VirtualClock(window.Start);
        var random = new SeededRandom(seed);
        var result = new SimulationResult();
        using var client = compose(new(clock, random.For("world"), _options.Outages, Count));
        var users = new SimulatedUsers(client, clock, _options, random.For("users"), result);
        using var arrivals = _options.Arrivals.Draw(window, random.For("arrivals")).GetEnumerator();
        var pump = new ArrivalPump(clock, arrivals, users);
        pump.Begin();
        _ = client.GetService<ChatProbes>()?.RunAsync(CancellationToken.None);
        clock.RunWhile(() => pump.HasMore || users.AreWaiting, window.End + s_longest);

        // Ends what repeats itself, such as probes; what else is left comes to its end. In virtual time too: what it cancels goes on in place.
        clock.Enqueue(new Closing(client), TimeSpan.Zero);
        clock.RunToEnd();
        users.Leave(window.End);
        return result;

        void Count(double failureRate)
        {
            var tally = result.During(_options.Outages.Everything.ImpactAt(clock.Now));
            tally.Calls++;
            tally.CallsWhileDown += failureRate >= 1 ? 1 : 0;
        }
    }

    private sealed class Closing(IChatClient client) : ClockEntry
    {
        public override void Fire() => client.Dispose();
    }

    /// <summary>Lets requests arrive one after the other: the next one is drawn when the last has arrived, so that a month of them takes no memory.</summary>
    private sealed class ArrivalPump(VirtualClock clock, IEnumerator<ChatArrival> arrivals, SimulatedUsers users) : ClockEntry
    {
        public bool HasMore { get; private set; }

        public void Begin()
        {
            HasMore = arrivals.MoveNext();
            if (HasMore)
            {
                clock.Enqueue(this, arrivals.Current.At - clock.Now);
            }
        }

        public override void Fire()
        {
            var arrival = arrivals.Current;
            Begin();
            users.Ask(arrival);
        }
    }
}
