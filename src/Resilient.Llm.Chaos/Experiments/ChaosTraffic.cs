using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>The application's real traffic, as far as it goes through what was composed with <c>WithChaos</c>.</summary>
/// <remarks>Thread-safe. Subscribers are called on the request's thread, and must be quick.</remarks>
internal sealed class ChaosTraffic(TimeProvider clock)
{
    private readonly ConcurrentDictionary<ChatEndpointInfo, ChaosEndpointTraffic> _endpoints = new();

    /// <summary>A request ended.</summary>
    public event Action<ChatCompletedEvent>? Completed;

    /// <summary>A circuit changed its state.</summary>
    public event Action<ChatCircuitEvent>? CircuitChanged;

    /// <summary>A call to an endpoint was made: to the provider, or an experiment answered in its place or did something to it (true).</summary>
    public event Action<ChatEndpointInfo, bool>? Called;

    /// <summary>A call is about to go out with these messages. A listener must not enumerate what may be read only once, nor keep it.</summary>
    public event Action<ChatEndpointInfo, IEnumerable<ChatMessage>>? Sent;

    /// <summary>A search of that name, which runs in that geography (null: in this process), is about to be asked with that query.</summary>
    public event Action<string, string?, string>? Searched;

    /// <summary>The endpoints that have a chaos point.</summary>
    public IReadOnlyCollection<ChatEndpointInfo> Endpoints => [.. _endpoints.Keys];

    /// <summary>Their calls so far.</summary>
    public IReadOnlyCollection<ChaosEndpointTraffic> Calls => [.. _endpoints.Values];

    /// <summary>The requests that have neither answered nor failed.</summary>
    public PendingRequests Pending { get; } = new();

    /// <summary>Makes an endpoint known: experiments aimed at none that is known are refused.</summary>
    public ChaosEndpointTraffic Register(ChatEndpointInfo endpoint) => _endpoints.GetOrAdd(endpoint, static e => new(e));

    /// <summary>A client above a ladder that tells which requests are pending, for guards: while everything hangs, no request ends.</summary>
    public IChatClient Watch(IChatClient ladder) => new PendingChatClient(ladder, Pending, clock);

    public void OnCompleted(ChatCompletedEvent request) => Completed?.Invoke(request);

    public void OnCircuitChanged(ChatCircuitEvent change) => CircuitChanged?.Invoke(change);

    public void OnSent(ChatEndpointInfo endpoint, IEnumerable<ChatMessage> messages) => Sent?.Invoke(endpoint, messages);

    public void OnSearched(string name, string? geography, string query) => Searched?.Invoke(name, geography, query);

    /// <param name="endpoint">
    /// As <see cref="Register"/> returned it. The caller keeps it: looking it up would cost more than all the rest of an untouched call.
    /// </param>
    /// <param name="injected">Whether an experiment did something to it.</param>
    public void OnCalled(ChaosEndpointTraffic endpoint, bool injected)
    {
        endpoint.Count(injected);
        Called?.Invoke(endpoint.Endpoint, injected);
    }
}

/// <summary>The calls of one endpoint.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ChaosEndpointTraffic(ChatEndpointInfo endpoint)
{
    private long _calls;
    private long _injected;

    public ChatEndpointInfo Endpoint { get; } = endpoint;

    /// <summary>All calls, injected or not.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Of those, the ones that an experiment did something to.</summary>
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
