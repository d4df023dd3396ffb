using System.Diagnostics.Metrics;

namespace Resilient.Llm.Telemetry;

/// <summary>The instruments. Tags are names from the configuration and kinds of failure: never content, keys or hosts.</summary>
internal static class ChatMetrics
{
    private static readonly Meter Meter = new(ResilientChatTelemetry.Name);

    public static Histogram<double> RequestDuration { get; } = Meter.CreateHistogram<double>(
        "resilient_llm.request.duration", "s", "Time of a request through the ladder, to the answer or to the end of the stream.");

    public static Histogram<double> TimeToFirstContent { get; } = Meter.CreateHistogram<double>(
        "resilient_llm.endpoint.time_to_first_content", "s", "Time of a call to an endpoint, to the first content of a stream or to a plain answer.");

    public static Counter<long> Failures { get; } = Meter.CreateCounter<long>(
        "resilient_llm.attempt.failures", "{attempt}", "Attempts that failed, by candidate and kind.");

    public static Counter<long> Retries { get; } = Meter.CreateCounter<long>(
        "resilient_llm.retries", "{retry}", "Retries at the same endpoint.");

    public static Counter<long> Hedges { get; } = Meter.CreateCounter<long>(
        "resilient_llm.hedges", "{call}", "Calls to a further model, made because the one before it was slow.");

    // Apart from the above rather than as a tag of it: a hedge is counted when it costs, and nobody learns what became of one whose caller left.
    public static Counter<long> HedgesWon { get; } = Meter.CreateCounter<long>(
        "resilient_llm.hedges.won", "{call}", "Of those, the ones that answered first.");

    public static Counter<long> Continuations { get; } = Meter.CreateCounter<long>(
        "resilient_llm.stream.continuations", "{continuation}", "Streams that broke after their first content and that another call went on with.");

    public static Counter<long> Probes { get; } = Meter.CreateCounter<long>(
        "resilient_llm.probes", "{probe}", "Active probes of endpoints. They are in no other instrument but the circuit transitions.");

    public static Counter<long> StoreFaults { get; } = Meter.CreateCounter<long>(
        "resilient_llm.answer_store.faults", "{fault}", "Reads and writes of the distributed answer store that failed, were late or were dropped.");

    public static Counter<long> CircuitTransitions { get; } = Meter.CreateCounter<long>(
        "resilient_llm.circuit.transitions", "{transition}", "Changes of a circuit's state.");
}
