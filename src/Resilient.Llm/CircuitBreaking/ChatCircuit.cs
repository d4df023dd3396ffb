using Polly.CircuitBreaker;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>An operator's handle on the circuit of one endpoint: read it, take it out of service, put it back.</summary>
/// <remarks>Thread-safe. Each property reads the current state; the circuit may change between two reads.</remarks>
public sealed class ChatCircuit
{
    internal ChatCircuit(Endpoint identity, CircuitBreaker breaker)
    {
        Identity = identity;
        Breaker = breaker;
    }

    /// <summary>Gets the model's name, as configured.</summary>
    public string Model => Identity.Model;

    /// <summary>Gets the endpoint's name, as configured; the model's name for an only endpoint without a name of its own.</summary>
    public string Endpoint => Identity.Name ?? Identity.Model;

    /// <summary>Gets "model" or "model/endpoint".</summary>
    public string Name => Identity.DisplayName;

    /// <inheritdoc cref="CircuitBreaker.State"/>
    public CircuitState State => Breaker.State;

    /// <inheritdoc cref="CircuitBreaker.IsCoolingDown"/>
    public bool IsCoolingDown => Breaker.IsCoolingDown;

    /// <inheritdoc cref="CircuitBreaker.ReopensIn"/>
    public TimeSpan? ReopensIn => Breaker.ReopensIn;

    /// <inheritdoc cref="CircuitBreaker.Counts"/>
    public CircuitCounts Counts => Breaker.Counts;

    internal Endpoint Identity { get; }

    internal CircuitBreaker Breaker { get; }

    /// <inheritdoc cref="CircuitBreaker.Isolate"/>
    public void Isolate() => Breaker.Isolate();

    /// <inheritdoc cref="CircuitBreaker.Reset"/>
    public void Reset() => Breaker.Reset();

    /// <summary>Returns name and state, for logs and debuggers.</summary>
    public override string ToString() => $"{Name}: {State}";
}
