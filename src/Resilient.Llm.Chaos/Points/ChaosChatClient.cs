using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>Stands in for the provider's client while an experiment hits a call, and hands on everything else untouched.</summary>
/// <remarks>
/// <para>
/// In a ladder <c>WithChaos</c> puts it inside every policy and every client of the application, so that faults meet whatever would meet real ones. It stands around the endpoint's guard, not below it: the guard takes
/// away the options that say whose request it is. Alone it wraps any client.
/// </para>
/// <para>
/// While no experiment runs it costs the read of one field: the task or stream of the inner client is the one that the caller gets. Thread-safe. Does not own the controller.
/// </para>
/// </remarks>
public sealed class ChaosChatClient : DelegatingChatClient
{
    private readonly ChaosController _chaos;
    private readonly ChatEndpointInfo _endpoint;
    private readonly ChaosEndpointTraffic _traffic;
    private readonly Func<ChatOptions?, ChaosInjection?> _injectStream;

    /// <summary>Puts a client where faults can be injected.</summary>
    /// <param name="innerClient">The client that is asked when nothing is to be done.</param>
    /// <param name="chaos">Says what is to be done.</param>
    /// <param name="model">The model's name, as experiments know it.</param>
    /// <param name="endpoint">The endpoint's name; null: the model's.</param>
    /// <param name="region">The region, as experiments know it; null: none.</param>
    /// <param name="geography">The geography; null: none.</param>
    public ChaosChatClient(IChatClient innerClient, ChaosController chaos, string model, string? endpoint = null, string? region = null, string? geography = null)
        : this(innerClient, chaos, new ChatEndpointInfo(ChaosPoint.Named(model), endpoint ?? model, region, geography))
    {
    }

    internal ChaosChatClient(IChatClient innerClient, ChaosController chaos, ChatEndpointInfo endpoint)
        : base(innerClient)
    {
        ArgumentNullException.ThrowIfNull(chaos);
        _chaos = chaos;
        _endpoint = endpoint;
        _traffic = chaos.Traffic.Register(endpoint);
        _injectStream = options => Inject(options, isStreaming: true);
    }

    /// <inheritdoc/>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        _chaos.Traffic.OnSent(_endpoint, messages);
        return Inject(options, isStreaming: false) is { } injection
            ? AnswerAsync(injection, messages, options, cancellationToken)
            : InnerClient.GetResponseAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>While an experiment runs, whether it hits a stream is decided when the stream is enumerated.</remarks>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        _chaos.Traffic.OnSent(_endpoint, messages);
        if (_chaos.IsActive)
        {
            return new ChaosStream(InnerClient, _chaos.Clock, _injectStream, messages, options, cancellationToken);
        }

        _chaos.Traffic.OnCalled(_traffic, injected: false);
        return InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>With a controller as the key, the chaos client that is that controller's.</remarks>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        ReferenceEquals(serviceKey, _chaos) && serviceType == typeof(ChaosChatClient) ? this : base.GetService(serviceType, serviceKey);

    /// <summary>The client with chaos around it: itself where the same controller already stands there for the same endpoint.</summary>
    internal static IChatClient Over(IChatClient client, ChaosController chaos, ChatEndpointInfo endpoint) =>
        client.GetService(typeof(ChaosChatClient), chaos) is ChaosChatClient present && present._endpoint == endpoint ? client : new ChaosChatClient(client, chaos, endpoint);

    private ChaosInjection? Inject(ChatOptions? options, bool isStreaming)
    {
        var injection = _chaos.IsActive ? _chaos.Inject(new(_endpoint, null, _chaos.TenantOf(options), isStreaming)) : null;
        _chaos.Traffic.OnCalled(_traffic, injection is not null);
        return injection;
    }

    private async Task<ChatResponse> AnswerAsync(
        ChaosInjection injection, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken) =>
        await ChaosPass.HappenAsync(injection, _chaos.Clock, cancellationToken).ConfigureAwait(false)
            ? ChaosAnswers.Of(injection.Fault.Kind)
            : await InnerClient.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
}
