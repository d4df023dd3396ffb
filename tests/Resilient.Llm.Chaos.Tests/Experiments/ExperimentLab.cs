using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>A controller, and ladders that have it, on a manual clock.</summary>
internal sealed class ExperimentLab : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private int _draws;

    public ExperimentLab() => Chaos = new(new() { Enabled = true, Environment = "Test" }, Clock, Chance);

    public ManualTimeProvider Clock { get; } = new();

    public ChaosController Chaos { get; }

    /// <summary>What chance says.</summary>
    public Func<double> Draw { get; set; } = static () => 0.5;

    /// <summary>How often chance was asked.</summary>
    public int Draws => Volatile.Read(ref _draws);

    public ScriptedChatClient Provider { get; } = new ScriptedChatClient().Always(Scripted.Answer("One ", "two."));

    public static ChatEndpointInfo Sweden { get; } = new("large", "sweden", "SwedenCentral", "EU");

    public IReadOnlyList<ChaosLogAction> Actions => [.. Chaos.Log.Select(static entry => entry.Action)];

    public static ChaosExperiment Refusing(string name = "refused") => new() { Name = name, Fault = new(ChaosFaultKind.ConnectionRefused) };

    public static ChaosExperiment Hanging(string name = "hang") => new() { Name = name, Fault = new(ChaosFaultKind.Hang) };

    /// <summary>Whether a call would be hit.</summary>
    public bool Hits(ChatEndpointInfo? endpoint = null, string? tenant = null) => Chaos.Inject(new(endpoint ?? Sweden, null, tenant, IsStreaming: false)) is not null;

    public bool HitsDependency(string name) => Chaos.Inject(new(null, name, null, IsStreaming: false)) is not null;

    /// <summary>A ladder of one model that neither retries, nor gives up by itself, nor opens its circuit: nothing but chaos makes a difference.</summary>
    public IChatClient Ladder()
    {
        var ladder = new ResilientChatBuilder()
            .WithTimeProvider(Clock)
            .WithRandomizer(static () => 0.5)
            .AddModel("large", Provider)
            .WithRetries(0)
            .WithCircuitBreaker(static options => (options.FailureThreshold, options.ConsecutiveFailures) = (10_000, null))
            .AnswerWithin(TimeSpan.FromHours(1))
            .WithChaos(Chaos)
            .Build();
        _owned.Add(ladder);
        return ladder;
    }

    /// <summary>Does it without a SynchronizationContext, as servers do: under a test runner's, what goes on in place would go to the pool.</summary>
    public static void InPlace(Action act)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            act();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public void Dispose()
    {
        Chaos.Dispose();
        _owned.ForEach(static owned => owned.Dispose());
    }

    private double Chance()
    {
        Interlocked.Increment(ref _draws);
        return Draw();
    }
}
