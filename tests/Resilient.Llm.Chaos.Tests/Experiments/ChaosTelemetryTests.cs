using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>What is logged and counted.</summary>
public sealed class ChaosTelemetryTests
{
    [Fact]
    public void Log_OfEachAction_SaysWhoWhatAndWhy()
    {
        var logger = new ListLogger();
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" }, logger: logger);
        chaos.Start(ExperimentLab.Refusing(), "alice");
        chaos.Inject(new(ExperimentLab.Sweden, null, null, false));
        chaos.Stop("refused", "bob", "enough");
        chaos.Kill("carol");
        Assert.Throws<InvalidOperationException>(() => chaos.Start(ExperimentLab.Refusing(), "dave"));
        chaos.Revive("carol");

        Assert.Equal(
            [
                (LogLevel.Warning, "Chaos experiment refused started by alice"),
                (LogLevel.Debug, "Chaos experiment refused: ConnectionRefused at sweden"),
                (LogLevel.Information, "Chaos experiment refused ended: Stopped by bob (enough)"),
                (LogLevel.Warning, "Chaos kill switch: Killed by carol (no reason given)"),
                (LogLevel.Warning, "Chaos experiment refused of dave refused: Chaos experiment 'refused' cannot start: the kill switch is pressed. Release it with Revive."),
                (LogLevel.Warning, "Chaos kill switch: Revived by carol (no reason given)"),
            ],
            logger.Lines);
    }

    [Fact]
    public void Log_LoggerThrows_ExperimentsRunAndEnd()
    {
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" }, logger: new ListLogger { IsBroken = true });

        using (chaos.Start(ExperimentLab.Refusing(), "alice"))
        {
            Assert.NotNull(chaos.Inject(new(ExperimentLab.Sweden, null, null, false)));
        }

        Assert.Empty(chaos.Running);
    }

    [Fact]
    public void Metrics_OfInjections_NameExperimentAndPlace()
    {
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Test" });
        var name = $"metered {nameof(ChaosTelemetryTests)}";
        var (injections, running) = (new List<string>(), 0L);
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Resilient.Llm" && instrument.Name.StartsWith("resilient_llm.chaos.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var named = tags.ToArray().ToDictionary(static tag => tag.Key, static tag => tag.Value);
            if (!Equals(named["experiment"], name))
            {
                // Another test's.
            }
            else if (instrument.Name == "resilient_llm.chaos.injections")
            {
                injections.Add($"{value} {named["fault"]} {named["model"]}/{named["endpoint"]}{named["dependency"]}");
            }
            else
            {
                running += value;
            }
        });
        listener.Start();

        using (chaos.Start(ExperimentLab.Refusing(name) with { Target = new() { Models = ["large"], Dependencies = ["db"] } }, "alice"))
        {
            chaos.Inject(new(ExperimentLab.Sweden, null, null, false));
            chaos.Inject(new(null, "db", null, false));
            Assert.Equal(1, running);
        }

        Assert.Equal(0, running);
        Assert.Equal(["1 ConnectionRefused large/sweden", "1 ConnectionRefused /db"], injections);
    }

    private sealed class ListLogger : ILogger<ChaosController>
    {
        public List<(LogLevel, string)> Lines { get; } = [];

        public bool IsBroken { get; init; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsBroken)
            {
                throw new InvalidOperationException("broken");
            }

            Lines.Add((logLevel, formatter(state, exception)));
        }
    }
}
