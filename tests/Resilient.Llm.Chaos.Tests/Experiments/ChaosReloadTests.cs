using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Experiments in the configuration, while it changes.</summary>
public sealed class ChaosReloadTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly ChangingConfiguration _settings = new();
    private ServiceProvider? _services;

    public ChaosReloadTests() => _settings.Set(("Chaos:Enabled", "true"), ("Chaos:AllowedEnvironments:0", "Lab"));

    private ChaosController Chaos => _services!.GetRequiredService<ChaosController>();

    [Fact]
    public void Experiment_WithEveryKey_IsReadAsWritten()
    {
        _settings.Set(
            ("Chaos:Experiments:0:Name", "all"),
            ("Chaos:Experiments:0:Fault:Kind", "RateLimited"),
            ("Chaos:Experiments:0:Fault:RetryAfter", "00:00:07"),
            ("Chaos:Experiments:0:Fault:AfterContents", "3"),
            ("Chaos:Experiments:0:Fault:Latency:From", "00:00:01"),
            ("Chaos:Experiments:0:Fault:Latency:To", "00:00:02"),
            ("Chaos:Experiments:0:Target:Models:0", "large"),
            ("Chaos:Experiments:0:Target:Endpoints:0", "sweden"),
            ("Chaos:Experiments:0:Target:Regions:0", "swedencentral"),
            ("Chaos:Experiments:0:Target:Geographies:0", "EU"),
            ("Chaos:Experiments:0:Target:Dependencies:0", "db"),
            ("Chaos:Experiments:0:Target:Tenants:0", "acme"),
            ("Chaos:Experiments:0:Target:Share", "0.25"),
            ("Chaos:Experiments:0:Rate", "0.5"),
            ("Chaos:Experiments:0:Duration", "00:10:00"),
            ("Chaos:Experiments:0:Guard:MinSuccessRate", "0.95"),
            ("Chaos:Experiments:0:Guard:MaxP99", "00:00:05"),
            ("Chaos:Experiments:0:Guard:Window", "00:01:00"),
            ("Chaos:Experiments:0:Guard:MinRequests", "50"));
        Begin();

        var experiment = Assert.Single(Chaos.Running).Experiment;
        Assert.Equal(("all", 0.5, TimeSpan.FromMinutes(10)), (experiment.Name, experiment.Rate, experiment.Duration));
        Assert.Equal(
            new(ChaosFaultKind.RateLimited) { RetryAfter = TimeSpan.FromSeconds(7), AfterContents = 3, Latency = ChaosLatency.Uniform(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)) },
            experiment.Fault);
        Assert.Equal(new() { MinSuccessRate = 0.95, MaxP99 = TimeSpan.FromSeconds(5), Window = TimeSpan.FromMinutes(1), MinRequests = 50 }, experiment.Guard);
        var target = experiment.Target;
        Assert.Equal(
            ["large", "sweden", "swedencentral", "EU", "db", "acme"],
            [.. target.Models, .. target.Endpoints, .. target.Regions, .. target.Geographies, .. target.Dependencies, .. target.Tenants]);
        Assert.Equal(0.25, target.Share);
        Assert.Equal("configuration", Chaos.Log[0].By);
    }

    [Fact]
    public void Latency_InItsThreeForms_IsRead()
    {
        Slow("0", "fixed", ("", "00:00:03"));
        Slow("1", "log-normal", (":Median", "00:00:02"), (":Spread", "0.5"));
        Slow("2", "both", (":Median", "00:00:02"), (":From", "00:00:01"));
        Slow("3", "backwards", (":From", "00:00:02"), (":To", "00:00:01"));
        Begin();

        Assert.Equal(
            [ChaosLatency.Fixed(TimeSpan.FromSeconds(3)), ChaosLatency.LogNormal(TimeSpan.FromSeconds(2), 0.5)], Chaos.Running.Select(static run => run.Experiment.Fault.Latency));
        Assert.Equal(["both", "backwards"], Refused().Select(static entry => entry.Experiment));

        void Slow(string index, string name, params (string Key, string Value)[] latency)
        {
            _settings.Set(($"Chaos:Experiments:{index}:Name", name), ($"Chaos:Experiments:{index}:Fault:Kind", "Latency"));
            Array.ForEach(latency, pair => _settings.Set(($"Chaos:Experiments:{index}:Fault:Latency{pair.Key}", pair.Value)));
        }
    }

    [Fact]
    public void Reload_AnEntryAppearsChangesAndDisappears_StartsRestartsStops()
    {
        Begin();
        Assert.Empty(Chaos.Running);

        Entry(0, "down");
        _settings.Reload();
        var first = Assert.Single(Chaos.Running);
        Assert.Equal(ChaosFaultKind.ConnectionRefused, first.Experiment.Fault.Kind);

        _settings.Set(("Chaos:Experiments:0:Rate", "0.5"));
        _settings.Reload();
        var second = Assert.Single(Chaos.Running);
        Assert.NotSame(first, second);
        Assert.Equal((false, 0.5), (first.IsRunning, second.Experiment.Rate));

        _settings.Remove("Chaos:Experiments");
        _settings.Reload();
        Assert.Empty(Chaos.Running);
        Assert.Equal(
            [
                (ChaosLogAction.Started, null), (ChaosLogAction.Stopped, "changed in the configuration"), (ChaosLogAction.Started, null),
                (ChaosLogAction.Stopped, "no longer in the configuration"),
            ],
            Chaos.Log.Select(static entry => (entry.Action, entry.Reason)));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public void Reload_SwitchedOffAndOn_StopsAndStarts()
    {
        Entry(0, "down", active: "false");
        Begin();
        Assert.Empty(Chaos.Running);
        Entry(0, "down", active: "true");
        _settings.Reload();
        Assert.Single(Chaos.Running);
        Entry(0, "down", active: "false");
        _settings.Reload();
        Assert.Empty(Chaos.Running);
    }

    [Fact]
    public void Reload_OfSomethingElseOrInAnotherOrder_TouchesNothing()
    {
        Entry(0, "one");
        Entry(1, "two");
        Begin();
        var runs = Chaos.Running;

        Entry(0, "two");
        Entry(1, "one");
        _settings.Set(("Logging:Level", "Debug"));
        _settings.Reload();

        Assert.Equal(runs, Chaos.Running);
        Assert.Equal(2, Chaos.Log.Count);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("stopped")]
    [InlineData("killed")]
    public void Reload_AfterItEnded_DoesNotBringItBackUntilItsEntryChanges(string how)
    {
        Entry(0, "down");
        Begin();
        switch (how)
        {
            case "expired":
                _clock.Advance(TimeSpan.FromMinutes(5));
                break;
            case "stopped":
                Chaos.Stop("down", "alice");
                break;
            default:
                Chaos.Kill("alice");
                Chaos.Revive("alice");
                break;
        }

        _settings.Set(("Logging:Level", "Debug"));
        _settings.Reload();
        Assert.Empty(Chaos.Running);

        _settings.Set(("Chaos:Experiments:0:Rate", "0.9"));
        _settings.Reload();
        Assert.Equal(0.9, Assert.Single(Chaos.Running).Experiment.Rate);
    }

    [Fact]
    public void Reload_BadEntries_AreRefusedOnceAndTheOthersRun()
    {
        Entry(0, "good");
        Entry(1, "typo");
        _settings.Set(("Chaos:Experiments:1:Fault:Kind", "ConnectionRefussed"));
        Entry(2, "unknown");
        _settings.Set(("Chaos:Experiments:2:Ratio", "1"));
        Entry(3, "good");
        Entry(4, "range");
        _settings.Set(("Chaos:Experiments:4:Rate", "7"));
        _settings.Set(("Chaos:Experiments:5:Active", "true"));
        Begin();
        _settings.Set(("Logging:Level", "Debug"));
        _settings.Reload();

        Assert.Equal("good", Assert.Single(Chaos.Running).Experiment.Name);
        Assert.Equal(["typo", "unknown", "good", "Chaos:Experiments:5", "range"], Refused().Select(static entry => entry.Experiment));
        Assert.Contains("Chaos:Experiments:1:Fault:Kind is 'ConnectionRefussed'. Set it to Latency or", Refused()[0].Reason, StringComparison.Ordinal);
        Assert.Contains("Unknown: Chaos:Experiments:2:Ratio. Known keys: Name, Fault", Refused()[1].Reason, StringComparison.Ordinal);
        Assert.Contains("has no Name", Refused()[3].Reason, StringComparison.Ordinal);
        Assert.Contains("Rate is 7", Refused()[4].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_AnEntryBecomesUnreadable_StopsWhatItWas()
    {
        Entry(0, "down");
        Begin();
        _settings.Set(("Chaos:Experiments:0:Rate", "often"));
        _settings.Reload();

        Assert.Empty(Chaos.Running);
        Assert.Contains("'often'", Assert.Single(Refused()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_NoLongerEnabled_IsTheKillSwitch()
    {
        Entry(0, "down");
        Begin();
        _settings.Set(("Chaos:Enabled", "false"));
        _settings.Reload();
        Assert.True(Chaos.IsKilled);
        Assert.Empty(Chaos.Running);

        _settings.Set(("Chaos:Enabled", "true"));
        _settings.Reload();
        Assert.False(Chaos.IsKilled);
        Assert.Empty(Chaos.Running);
    }

    [Fact]
    public void Reload_KilledByHand_OnlyAHandRevives()
    {
        Begin();
        Chaos.Kill("alice");
        _settings.Set(("Chaos:Enabled", "false"));
        _settings.Reload();
        _settings.Set(("Chaos:Enabled", "true"));
        _settings.Reload();

        Assert.True(Chaos.IsKilled);
    }

    [Fact]
    public void Reload_EnabledWhileItRuns_StaysOffUntilTheNextStart()
    {
        _settings.Set(("Chaos:Enabled", "false"));
        Entry(0, "down");
        Begin();
        Assert.Empty(Chaos.Log);
        _settings.Set(("Chaos:Enabled", "true"));
        _settings.Reload();

        Assert.False(Chaos.IsEnabled);
        Assert.Empty(Chaos.Running);
        Assert.Contains("stays off", Assert.Single(Refused()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_OfTheContainer_EndsExperimentsAndForgetsTheConfiguration()
    {
        Entry(0, "down");
        Begin();
        var chaos = Chaos;
        _services!.Dispose();

        Entry(1, "later");
        _settings.Reload();

        Assert.Empty(chaos.Running);
        Assert.Equal([ChaosLogAction.Started, ChaosLogAction.Stopped], chaos.Log.Select(static entry => entry.Action));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    public void Dispose() => _services?.Dispose();

    private void Begin()
    {
        _services = new ServiceCollection()
            .AddSingleton<TimeProvider>(_clock)
            .AddChaos(_settings.Root.GetSection("Chaos"), static options => options.Environment = "Lab")
            .BuildServiceProvider();
        _ = Chaos;
    }

    private ChaosLogEntry[] Refused() => [.. Chaos.Log.Where(static entry => entry.Action == ChaosLogAction.Refused)];

    private void Entry(int index, string name, string? active = null)
    {
        _settings.Set(($"Chaos:Experiments:{index}:Name", name), ($"Chaos:Experiments:{index}:Fault:Kind", "ConnectionRefused"));
        if (active is not null)
        {
            _settings.Set(($"Chaos:Experiments:{index}:Active", active));
        }
    }

    /// <summary>A configuration in memory that tells of its changes when it is told to.</summary>
    private sealed class ChangingConfiguration : ConfigurationProvider, IConfigurationSource
    {
        public ChangingConfiguration() => Root = new ConfigurationBuilder().Add(this).Build();

        public IConfigurationRoot Root { get; }

        public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

        public void Set(params (string Key, string Value)[] pairs) => Array.ForEach(pairs, pair => Data[pair.Key] = pair.Value);

        public void Remove(string section)
        {
            foreach (var key in Data.Keys.Where(key => key.StartsWith($"{section}:", StringComparison.Ordinal)).ToArray())
            {
                Data.Remove(key);
            }
        }

        public void Reload() => OnReload();
    }
}
