using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Resilient.Llm.Building;

/// <summary>A rung as it was asked for, before anything is made.</summary>
internal abstract record StepPlan;

/// <param name="Model">What was said about it.</param>
/// <param name="Source">Where its client comes from.</param>
/// <param name="AwaitsClient">
/// Whether it was declared in configuration, which cannot hold a client: the application's code may still supply one.
/// </param>
internal sealed record ModelPlan(ChatModelBuilder Model, ClientSource Source, bool AwaitsClient = false) : StepPlan;

/// <param name="Endpoint">What was said about it.</param>
/// <param name="Source">Where its client comes from.</param>
/// <param name="AwaitsClient">Whether it was declared in configuration: see <see cref="ModelPlan"/>.</param>
internal sealed record EndpointPlan(ChatEndpointBuilder Endpoint, ClientSource Source, bool AwaitsClient = false);

internal sealed record CachedAnswersPlan(CachedAnswerOptions Options) : StepPlan;

internal sealed record LastResortPlan(LastResortBuilder LastResort) : StepPlan;

/// <summary>Where a model's client comes from, and whether the ladder disposes it.</summary>
/// <param name="Make">Makes or finds it.</param>
/// <param name="IsOwned">Whether the ladder disposes it.</param>
/// <param name="IsKeyed">Whether no client was named: it is found among the services.</param>
internal sealed record ClientSource(Func<IServiceProvider, IChatClient> Make, bool IsOwned, bool IsKeyed = false)
{
    public static ClientSource Keyed(string name) => new(
        services => (services as IKeyedServiceProvider)?.GetKeyedService(typeof(IChatClient), name) as IChatClient ?? throw new InvalidOperationException(
            $"Model '{name}' has no client: no keyed IChatClient '{name}' is registered. Register one with services.AddKeyedSingleton<IChatClient>(\"{name}\", …) "
            + $"and build the ladder with those services, or pass a client or a factory to AddModel(\"{name}\", …)."),
        IsOwned: false,
        IsKeyed: true);
}
