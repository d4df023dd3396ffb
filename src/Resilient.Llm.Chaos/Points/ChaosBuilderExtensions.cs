using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Chaos.Points;

namespace Resilient.Llm.Chaos;

/// <summary>Adds chaos points to endpoints.</summary>
/// <remarks>
/// Applies to the whole client, a model or an endpoint. Several of them with the same controller inject a fault only once. The chaos point
/// is inside all policies and every <c>Use</c>, around the endpoint's guard. Guards of experiments need it on the whole client, which
/// reports to the controller how requests end.
/// </remarks>
public static class ChaosBuilderExtensions
{
    /// <summary>Lets experiments hit every endpoint, and reports to the controller how requests end and circuits change.</summary>
    /// <param name="builder">The builder of the client.</param>
    /// <param name="chaos">The controller. Not disposed.</param>
    public static ResilientChatBuilder WithChaos(this ResilientChatBuilder builder, ChaosController chaos)
    {
        ChaosFeed.Of(Injecting(builder, chaos)).Add(chaos);
        return builder;
    }

    /// <summary>Lets experiments hit every endpoint, with the controller of the services (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The builder of the client.</param>
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

    /// <summary>Lets experiments hit every endpoint of the model.</summary>
    /// <param name="builder">The builder of the model.</param>
    /// <param name="chaos">The controller. Not disposed.</param>
    public static ChatModelBuilder WithChaos(this ChatModelBuilder builder, ChaosController chaos) => Injecting(builder, chaos);

    /// <summary>Lets experiments hit every endpoint of the model, with the services' controller (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The builder of the model.</param>
    public static ChatModelBuilder WithChaos(this ChatModelBuilder builder) => Injecting(builder, Of);

    /// <summary>Lets experiments hit the endpoint.</summary>
    /// <param name="builder">The builder of the endpoint.</param>
    /// <param name="chaos">The controller. Not disposed.</param>
    public static ChatEndpointBuilder WithChaos(this ChatEndpointBuilder builder, ChaosController chaos) => Injecting(builder, chaos);

    /// <summary>Lets experiments hit the endpoint, with the controller of the services (<c>services.AddChaos()</c>).</summary>
    /// <param name="builder">The builder of the endpoint.</param>
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
            $"Model '{endpoint.Model}' is built WithChaos(), but the services have no {nameof(ChaosController)}. "
            + "Register one with services.AddChaos(), or pass one to WithChaos(controller).");
}
