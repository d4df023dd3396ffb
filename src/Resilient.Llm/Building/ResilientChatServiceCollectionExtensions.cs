using Microsoft.Extensions.AI;
using Resilient.Llm;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers ladders as <see cref="IChatClient"/>.</summary>
public static class ResilientChatServiceCollectionExtensions
{
    /// <summary>Registers a ladder as the application's <see cref="IChatClient"/>: a singleton that the container disposes. The last registration wins.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Composes the ladder. Runs at once; the ladder is built, and checked as a whole, when it is first resolved.</param>
    /// <returns>The services, with <see cref="ChatCircuits"/> for operators beside the client.</returns>
    public static IServiceCollection AddResilientChat(this IServiceCollection services, Action<ResilientChatBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = Configured(configure);
        services.AddSingleton<IChatClient>(builder.Build);
        services.AddSingleton(static provider => provider.GetRequiredService<IChatClient>().GetRequiredService<ChatCircuits>());
        return services;
    }

    /// <summary>Registers a ladder as a keyed <see cref="IChatClient"/>: several may live side by side.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key under which it is resolved.</param>
    /// <param name="configure">Composes the ladder. Runs at once; the ladder is built, and checked as a whole, when it is first resolved.</param>
    /// <returns>The services, with keyed <see cref="ChatCircuits"/> for operators beside the client.</returns>
    public static IServiceCollection AddKeyedResilientChat(this IServiceCollection services, object? serviceKey, Action<ResilientChatBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        var builder = Configured(configure);
        services.AddKeyedSingleton<IChatClient>(serviceKey, (provider, _) => builder.Build(provider));
        services.AddKeyedSingleton(serviceKey, static (provider, key) => provider.GetRequiredKeyedService<IChatClient>(key).GetRequiredService<ChatCircuits>());
        return services;
    }

    private static ResilientChatBuilder Configured(Action<ResilientChatBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new ResilientChatBuilder();
        configure(builder);
        return builder;
    }
}
