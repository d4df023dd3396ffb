using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>Runs load and recorded outages against a real chain of clients, in virtual time.</summary>
/// <remarks>
/// Thread-safe: every run has its own clock, providers and chain, so runs on several threads do not affect each other. The same window,
/// seed and options give the same run on every machine.
/// </remarks>
public sealed class ChatSimulation
{
    // For users with infinite patience and something that repeats forever.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private readonly ChatSimulationOptions _options;

    /// <summary>Creates a simulation.</summary>
    /// <param name="options">The options. Validated and copied.</param>
    /// <exception cref="ArgumentException">An option is out of range. The message names it, its value and the remedy.</exception>
    public ChatSimulation(ChatSimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options with { };
    }

    /// <summary>Runs a window, until the last request has ended. The client's active probes run meanwhile, as in a host.</summary>
    /// <param name="window">The window in which requests arrive.</param>
    /// <param name="seed">Any number; the same seed gives the same run.</param>
    /// <param name="compose">Creates the chain under test, which is disposed at the end.</param>
    /// <exception cref="InvalidOperationException">The chain left virtual time, or a request never ended.</exception>
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

        // Ends repeating work such as probes. In virtual time as well: what it cancels continues in place.
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

    /// <summary>Draws each arrival when the previous one has arrived, so that a month of them needs no memory.</summary>
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
