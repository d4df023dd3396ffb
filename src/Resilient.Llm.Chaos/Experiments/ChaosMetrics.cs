using System.Diagnostics.Metrics;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>The instruments of chaos, on the library's meter. Tags are names from the configuration, never content.</summary>
internal static class ChaosMetrics
{
    private static readonly Meter Meter = new(ResilientChatTelemetry.Name);

    private static readonly Counter<long> Injections = Meter.CreateCounter<long>(
        "resilient_llm.chaos.injections", "{call}", "Calls to which an experiment did something.");

    private static readonly UpDownCounter<long> Experiments = Meter.CreateUpDownCounter<long>(
        "resilient_llm.chaos.experiments", "{experiment}", "Experiments that run.");

    public static void Injected(ChaosExperiment experiment, in ChaosCall call)
    {
        if (Injections.Enabled)
        {
            Injections.Add(
                1,
                new("experiment", experiment.Name),
                new("fault", experiment.Fault.Kind.ToString()),
                new("model", call.Endpoint?.Model),
                new("endpoint", call.Endpoint?.Endpoint),
                new("dependency", call.Dependency));
        }
    }

    public static void Started(ChaosExperiment experiment) =>
        Experiments.Add(1, new KeyValuePair<string, object?>("experiment", experiment.Name));

    public static void Ended(ChaosExperiment experiment) =>
        Experiments.Add(-1, new KeyValuePair<string, object?>("experiment", experiment.Name));
}
