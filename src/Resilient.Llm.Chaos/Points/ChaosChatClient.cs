using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>Injects faults into the calls of a provider's client. Passes all other calls through.</summary>
/// <remarks>
/// <para>
/// <c>WithChaos</c> places it inside all policies and all clients of the application, so that faults meet what real ones would. It is
/// outside the endpoint's guard, which removes the options that identify the tenant. It can also wrap any client directly.
/// </para>
/// <para>
/// While no experiment runs, it costs a read of one field and returns the inner client's own task or stream. Thread-safe. Does not dispose
/// the controller.
/// </para>
/// </remarks>
public sealed class ChaosChatClient : DelegatingChatClient
{
    private readonly ChaosController _chaos;
    private readonly ChatEndpointInfo _endpoint;
    private readonly ChaosEndpointTraffic _traffic;
    private readonly Func<ChatOptions?, ChaosInjection?> _injectStream;

    /// <summary>Creates the client.</summary>
    /// <param name="innerClient">The provider's client.</param>
    /// <param name="chaos">The controller of the experiments.</param>
    /// <param name="model">The model's name, for targeting.</param>
    /// <param name="endpoint">The endpoint's name; null for the model's name.</param>
    /// <param name="region">The region, for targeting; null for none.</param>
    /// <param name="geography">The geography, for targeting; null for none.</param>
    public ChaosChatClient(
        IChatClient innerClient,
        ChaosController chaos,
        string model,
        string? endpoint = null,
        string? region = null,
        string? geography = null)
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
    /// <remarks>While experiments run, whether one hits a stream is decided at its enumeration.</remarks>
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
    /// <remarks>With a controller as the key, returns the chaos client of that controller.</remarks>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        ReferenceEquals(serviceKey, _chaos) && serviceType == typeof(ChaosChatClient) ? this : base.GetService(serviceType, serviceKey);

    /// <summary>Wraps the client, unless the same controller already wraps it for the same endpoint.</summary>
    internal static IChatClient Over(IChatClient client, ChaosController chaos, ChatEndpointInfo endpoint) =>
        client.GetService(typeof(ChaosChatClient), chaos) is ChaosChatClient present && present._endpoint == endpoint
            ? client
            : new ChaosChatClient(client, chaos, endpoint);

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
