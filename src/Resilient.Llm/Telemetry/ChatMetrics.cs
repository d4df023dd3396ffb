using System.Diagnostics.Metrics;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>The instruments. Tags are configured names and kinds of failure: never content, keys or hosts.</summary>
internal static class ChatMetrics
{
    private static readonly Meter Meter = new(ResilientChatTelemetry.Name);

    private static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>(
        "resilient_llm.request.duration", "s", "Time of a request through the ladder, to the answer or to the end of the stream.");

    private static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "resilient_llm.attempt.failures", "{attempt}", "Attempts that failed, by candidate and kind.");

    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "resilient_llm.retries", "{retry}", "Retries at the same endpoint.");

    public static readonly Counter<long> Hedges = Meter.CreateCounter<long>(
        "resilient_llm.hedges", "{call}", "Calls to a further model, made because the one before it was slow.");

    // A separate instrument: a hedge is counted when it starts, and its end is unknown if the caller left.
    private static readonly Counter<long> HedgesWon = Meter.CreateCounter<long>(
        "resilient_llm.hedges.won", "{call}", "Of those, the ones that answered first.");

    public static readonly Counter<long> Continuations = Meter.CreateCounter<long>(
        "resilient_llm.stream.continuations",
        "{continuation}",
        "Streams that broke after their first content and that another call went on with.");

    private static readonly Counter<long> Probes = Meter.CreateCounter<long>(
        "resilient_llm.probes", "{probe}", "Active probes of endpoints. They are in no other instrument but the circuit transitions.");

    private static readonly Counter<long> StoreFaults = Meter.CreateCounter<long>(
        "resilient_llm.answer_store.faults",
        "{fault}",
        "Reads and writes of the distributed answer store that failed, were late or were dropped.");

    private static readonly Counter<long> NotStored = Meter.CreateCounter<long>(
        "resilient_llm.answer_store.not_stored",
        "{answer}",
        "Answers that were not stored although storing is configured, by reason.");

    public static readonly Counter<long> CircuitTransitions = Meter.CreateCounter<long>(
        "resilient_llm.circuit.transitions", "{transition}", "Changes of a circuit's state.");

    /// <summary>The time of an endpoint's call. Exposed because the circuit breaker checks first whether it is enabled.</summary>
    public static Histogram<double> TimeToFirstContent { get; } = Meter.CreateHistogram<double>(
        "resilient_llm.endpoint.time_to_first_content",
        "s",
        "Time of a call to an endpoint, to the first content of a stream or to a plain answer.");

    public static void Count(Counter<long> counter, Endpoint? endpoint, string tag, string value) =>
        counter.Add(1, new("model", endpoint?.Model), new("endpoint", endpoint?.Name), new(tag, value));

    public static void CountFailure(string step, Endpoint? endpoint, FailureKind failure) =>
        Failures.Add(1, new("model", step), new("endpoint", endpoint?.Name), new("kind", failure.ToString()));

    public static void CountHedgeWon(Endpoint hedge) => HedgesWon.Add(1, new("model", hedge.Model), new("endpoint", hedge.Name));

    public static void CountProbe(Endpoint endpoint, ChatProbeReason reason, FailureKind? failure) => Probes.Add(
        1,
        new("model", endpoint.Model),
        new("endpoint", endpoint.Name),
        new("reason", reason.ToString()),
        new("failure", failure?.ToString()));

    public static void CountStoreFault(AnswerStoreFault fault) =>
        StoreFaults.Add(1, new KeyValuePair<string, object?>("fault", fault.ToString()));

    public static void CountNotStored(AnswerNotStored reason) =>
        NotStored.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public static void RecordRequest(RequestContext context, FailureKind? failure)
    {
        if (RequestDuration.Enabled)
        {
            RequestDuration.Record(
                context.Elapsed.TotalSeconds,
                new("source", context.Answer.Source.ToString()),
                new("served_by", context.Answer.ServedBy),
                new("degraded", context.Answer.IsDegraded),
                new("streaming", context.IsStreaming),
                new("failure", failure?.ToString()));
        }
    }
}
