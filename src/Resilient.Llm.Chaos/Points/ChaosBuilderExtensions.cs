using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>Puts endpoints where experiments can hit them.</summary>
/// <remarks>
/// On the ladder, a model or an endpoint; on several of them with the same controller, faults are still injected once. The place is inside every policy and every <c>Use</c>, around the endpoint's guard. How
/// requests end is told to the controller only by a ladder that has it: that is what the guards of experiments look at.
/// </remarks>
public static class ChaosBuilderExtensions
{
    /// <summary>Lets experiments of a controller hit every endpoint of the ladder, and tells it how requests end and circuits change.</summary>
    /// <param name="builder">The ladder.</param>
    /// <param name="chaos">The controller. It stays yours.</param>
    public static ResilientChatBuilder WithChaos(this ResilientChatBuilder builder, ChaosController chaos)
    {
        ChaosFeed.Of(Injecting(builder, chaos)).Add(chaos);
        return builder;
    }

    /// <summary>The same with the controller of the services (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The ladder.</param>
    public static ResilientChatBuilder WithChaos(this ResilientChatBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var feed = ChaosFeed.Of(builder);
        return Injecting(builder, (services, endpoint) =>
        {
            var chaos = Of(services, endpoint);
            feed.Add(chaos);
            return chaos;
        });
    }

    /// <summary>Lets experiments of a controller hit every endpoint of the model.</summary>
    /// <param name="builder">The model.</param>
    /// <param name="chaos">The controller. It stays yours.</param>
    public static ChatModelBuilder WithChaos(this ChatModelBuilder builder, ChaosController chaos) => Injecting(builder, chaos);

    /// <summary>The same with the controller of the services (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The model.</param>
    public static ChatModelBuilder WithChaos(this ChatModelBuilder builder) => Injecting(builder, Of);

    /// <summary>Lets experiments of a controller hit the endpoint.</summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="chaos">The controller. It stays yours.</param>
    public static ChatEndpointBuilder WithChaos(this ChatEndpointBuilder builder, ChaosController chaos) => Injecting(builder, chaos);

    /// <summary>The same with the controller of the services (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The endpoint.</param>
    public static ChatEndpointBuilder WithChaos(this ChatEndpointBuilder builder) => Injecting(builder, Of);

    private static TBuilder Injecting<TBuilder>(ChatPolicyBuilder<TBuilder> builder, ChaosController chaos)
        where TBuilder : ChatPolicyBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(chaos);
        return Injecting(builder, (_, _) => chaos);
    }

    private static TBuilder Injecting<TBuilder>(
        ChatPolicyBuilder<TBuilder> builder, Func<IServiceProvider, ChatEndpointInfo, ChaosController> chaos)
        where TBuilder : ChatPolicyBuilder<TBuilder>
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseInnermost((client, endpoint, services) => ChaosChatClient.Over(client, chaos(services, endpoint), endpoint));
    }

    private static ChaosController Of(IServiceProvider services, ChatEndpointInfo endpoint) =>
        services.GetService<ChaosController>() ?? throw new InvalidOperationException(
            $"Model '{endpoint.Model}' is built WithChaos(), but the services have no {nameof(ChaosController)}. Register one with services.AddChaos(), or pass one to WithChaos(controller).");
}
