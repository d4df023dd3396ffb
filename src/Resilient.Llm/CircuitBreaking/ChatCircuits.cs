using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Resilient.Llm;

/// <summary>The circuits of all endpoints of one ladder, in the order in which they were added.</summary>
/// <remarks>Thread-safe. An enumeration sees the circuits that existed when it began.</remarks>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "Reads better where it is injected.")]
public sealed class ChatCircuits : IReadOnlyCollection<ChatCircuit>
{
    private readonly Lock _lock = new();

    // Replaced as a whole, never changed.
    private volatile ChatCircuit[] _circuits = [];

    internal ChatCircuits()
    {
    }

    /// <summary>Gets the number of circuits.</summary>
    public int Count => _circuits.Length;

    /// <summary>Gets the circuit of an endpoint.</summary>
    /// <param name="model">The model's name, as configured. Case-sensitive.</param>
    /// <param name="endpoint">The endpoint's name; may be null where the model has only one.</param>
    /// <exception cref="KeyNotFoundException">There is no such circuit; the message lists the existing ones.</exception>
    /// <exception cref="ArgumentException">The model has several endpoints and none was named; the message lists them.</exception>
    public ChatCircuit Get(string model, string? endpoint = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var circuits = _circuits;
        return Find(circuits, model, endpoint) switch
        {
            [var circuit] => circuit,
            [] => throw new KeyNotFoundException(
                $"There is no circuit for {(endpoint is null ? string.Empty : $"the endpoint '{endpoint}' of ")}the model '{model}'. " +
                (circuits.Length == 0 ? "No endpoint has one." : $"Known circuits: {Names(circuits)}.")),
            var several => throw new ArgumentException(
                $"The model '{model}' has {several.Length} endpoints, each with its own circuit. Name one of them: {Names(several)}.",
                nameof(endpoint)),
        };
    }

    /// <summary>Looks for the circuit of an endpoint.</summary>
    /// <param name="model">The model's name, as configured. Case-sensitive.</param>
    /// <param name="endpoint">The endpoint's name; null finds the only one of the model.</param>
    /// <param name="circuit">The circuit; null when there is none, or several and none was named.</param>
    public bool TryGet(string model, string? endpoint, [NotNullWhen(true)] out ChatCircuit? circuit)
    {
        ArgumentNullException.ThrowIfNull(model);
        circuit = Find(_circuits, model, endpoint) is [var found] ? found : null;
        return circuit is not null;
    }

    /// <inheritdoc/>
    public IEnumerator<ChatCircuit> GetEnumerator() => ((IEnumerable<ChatCircuit>)_circuits).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Adds a circuit while the ladder is built; throws if the model and endpoint have one already.</summary>
    internal void Add(ChatCircuit circuit)
    {
        lock (_lock)
        {
            if (Find(_circuits, circuit.Model, circuit.Endpoint).Length > 0)
            {
                throw new ArgumentException(
                    $"There is a circuit '{circuit.Name}' already. Give every endpoint of a model a name of its own.", nameof(circuit));
            }

            _circuits = [.. _circuits, circuit];
        }
    }

    private static ChatCircuit[] Find(ChatCircuit[] circuits, string model, string? endpoint) =>
        Array.FindAll(circuits, c => c.Model == model && (endpoint is null || c.Endpoint == endpoint));

    private static string Names(IEnumerable<ChatCircuit> circuits) => string.Join(", ", circuits.Select(static c => $"'{c.Name}'"));
}
