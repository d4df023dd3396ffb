using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Resilient.Llm;

/// <summary>A rung as it was asked for, before anything is made.</summary>
internal abstract record RungPlan;

internal sealed record ModelPlan(ChatModelBuilder Model, ClientSource Source) : RungPlan;

internal sealed record CachedAnswersPlan(CachedAnswerOptions Options) : RungPlan;

internal sealed record LastResortPlan(Action<LastResortBuilder>? Configure) : RungPlan;

/// <summary>Where a model's client comes from, and whether the ladder disposes it.</summary>
internal sealed record ClientSource(Func<IServiceProvider, IChatClient> Make, bool IsOwned)
{
    public static ClientSource Keyed(string name) => new(
        services => services.GetKeyedService<IChatClient>(name) ?? throw new InvalidOperationException(
            $"Model '{name}' has no client: no keyed IChatClient '{name}' is registered. Register one with services.AddKeyedSingleton<IChatClient>(\"{name}\", …), "
            + $"or pass a client or a factory to AddModel(\"{name}\", …)."),
        IsOwned: false);
}
