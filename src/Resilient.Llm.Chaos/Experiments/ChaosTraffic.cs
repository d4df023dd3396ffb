using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>The application's real traffic that goes through clients composed with <c>WithChaos</c>.</summary>
/// <remarks>Thread-safe. Subscribers run on the request's thread and must be fast.</remarks>
internal sealed class ChaosTraffic(TimeProvider clock)
{
    private readonly ConcurrentDictionary<ChatEndpointInfo, ChaosEndpointTraffic> _endpoints = new();

    public event Action<ChatCompletedEvent>? Completed;

    public event Action<ChatCircuitEvent>? CircuitChanged;

    /// <summary>A call to an endpoint was made. True if an experiment affected it or answered instead of the provider.</summary>
    public event Action<ChatEndpointInfo, bool>? Called;

    /// <summary>A call is about to be sent with these messages. Subscribers must not keep them, nor enumerate single-use ones.</summary>
    public event Action<ChatEndpointInfo, IEnumerable<ChatMessage>>? Sent;

    /// <summary>A search is about to run: its name, its geography (null: in process), its query.</summary>
    public event Action<string, string?, string>? Searched;

    /// <summary>The endpoints that have a chaos point.</summary>
    public IReadOnlyCollection<ChatEndpointInfo> Endpoints => [.. _endpoints.Keys];

    public IReadOnlyCollection<ChaosEndpointTraffic> Calls => [.. _endpoints.Values];

    /// <summary>The requests without an answer or failure so far.</summary>
    public PendingRequests Pending { get; } = new();

    /// <summary>Registers an endpoint. Experiments that match no registered endpoint are refused.</summary>
    public ChaosEndpointTraffic Register(ChatEndpointInfo endpoint) => _endpoints.GetOrAdd(endpoint, static e => new(e));

    /// <summary>Wraps a client to track pending requests for guards: while everything hangs, no request ends.</summary>
    public IChatClient Watch(IChatClient ladder) => new PendingChatClient(ladder, Pending, clock);

    public void OnCompleted(ChatCompletedEvent request) => Completed?.Invoke(request);

    public void OnCircuitChanged(ChatCircuitEvent change) => CircuitChanged?.Invoke(change);

    public void OnSent(ChatEndpointInfo endpoint, IEnumerable<ChatMessage> messages) => Sent?.Invoke(endpoint, messages);

    public void OnSearched(string name, string? geography, string query) => Searched?.Invoke(name, geography, query);

    /// <remarks>
    /// The caller keeps the result of <see cref="Register"/>: a look-up would be the most expensive part of an unaffected call.
    /// </remarks>
    public void OnCalled(ChaosEndpointTraffic endpoint, bool injected)
    {
        endpoint.Count(injected);
        Called?.Invoke(endpoint.Endpoint, injected);
    }
}

/// <summary>The calls of one endpoint. Thread-safe.</summary>
internal sealed class ChaosEndpointTraffic(ChatEndpointInfo endpoint)
{
    private long _calls;
    private long _injected;

    public ChatEndpointInfo Endpoint { get; } = endpoint;

    /// <summary>All calls, injected or not.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>The calls that an experiment affected.</summary>
    public long Injected => Volatile.Read(ref _injected);

    public void Count(bool injected)
    {
        Interlocked.Increment(ref _calls);
        if (injected)
        {
            Interlocked.Increment(ref _injected);
        }
    }
}
