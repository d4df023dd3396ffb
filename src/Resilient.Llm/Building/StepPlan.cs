using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Resilient.Llm.Building;

/// <summary>A step as requested, before anything is made.</summary>
internal abstract record StepPlan;

/// <summary>A model. It awaits a client if it was declared in configuration, which cannot hold one: code may still supply it.</summary>
internal sealed record ModelPlan(ChatModelBuilder Model, ClientSource Source, bool AwaitsClient = false) : StepPlan;

/// <summary>An endpoint of a model. It awaits a client as a <see cref="ModelPlan"/> does.</summary>
internal sealed record EndpointPlan(ChatEndpointBuilder Endpoint, ClientSource Source, bool AwaitsClient = false);

internal sealed record CachedAnswersPlan(CachedAnswerOptions Options) : StepPlan;

internal sealed record LastResortPlan(LastResortBuilder LastResort) : StepPlan;

/// <summary>Where a model's client comes from. The ladder disposes an owned client; a keyed one comes from the services.</summary>
internal sealed record ClientSource(Func<IServiceProvider, IChatClient> Make, bool IsOwned, bool IsKeyed = false)
{
    public static ClientSource Keyed(string name) => new(
        services => (services as IKeyedServiceProvider)?.GetKeyedService(typeof(IChatClient), name) as IChatClient
            ?? throw new InvalidOperationException(
                $"Model '{name}' has no client: no keyed IChatClient '{name}' is registered. "
                + $"Register one with services.AddKeyedSingleton<IChatClient>(\"{name}\", …) "
                + $"and build the ladder with those services, or pass a client or a factory to AddModel(\"{name}\", …)."),
        IsOwned: false,
        IsKeyed: true);
}
