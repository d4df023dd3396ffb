using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Resilient.Llm;
using Resilient.Llm.Building;
using Resilient.Llm.Probes;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers ladders as <see cref="IChatClient"/>.</summary>
public static class ResilientChatServiceCollectionExtensions
{
    /// <summary>
    /// Registers a ladder as the application's singleton <see cref="IChatClient"/>, disposed by the container. The last registration wins.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Composes the ladder. Runs immediately.</param>
    /// <returns>The services, with <see cref="ChatCircuits"/> and <see cref="ChatRegions"/> for operators beside the client.</returns>
    /// <remarks>
    /// The ladder is checked at once as far as possible without making a client. Clients are made, and what depends on other services is
    /// checked, when a host starts, so that a missing client stops the application and not its first request; without a host, when the
    /// client is first resolved. With active probes (<see cref="ResilientChatBuilder.WithActiveProbes"/>), a hosted service that runs them
    /// is registered, and <see cref="ChatProbes"/> beside the client.
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// The configuration contradicts itself: the message names the option, the values and the fix.
    /// </exception>
    public static IServiceCollection AddResilientChat(this IServiceCollection services, Action<ResilientChatBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.Add(new(false, null), Checked(null, configure));
    }

    /// <summary>
    /// Registers a ladder, described by a configuration section, as the application's singleton <see cref="IChatClient"/>, disposed by the
    /// container. The last registration wins.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section that holds the ladder, for example <c>configuration.GetSection("ResilientChat")</c>.</param>
    /// <param name="configure">
    /// Adds what configuration cannot hold, and overrides what the section says. A model of the section gets its client here with
    /// <c>AddModel</c> and its name, else it is the keyed <see cref="IChatClient"/> of that name; <c>AddCachedAnswers</c> and
    /// <c>AddLastResort</c> continue what the section says. Runs immediately.
    /// </param>
    /// <returns>The services, with <see cref="ChatCircuits"/> and <see cref="ChatRegions"/> for operators beside the client.</returns>
    /// <remarks>
    /// <para>
    /// Keys are named as the builder's methods and the options' properties: <c>AnswerWithin</c>, <c>FirstContentWithin</c>, <c>RunsIn</c>
    /// (<c>Region</c>, <c>Geography</c>), <c>Residency</c> (a list), <c>RequireResidency</c>, <c>KeepConversationIds</c>, <c>Fallback</c>,
    /// <c>ActiveProbes</c> (probes are asked for when it is there, unless its <c>Enabled</c> is false); <c>Timeouts</c>, <c>Retries</c>,
    /// <c>CircuitBreaker</c>, <c>RateLimit</c>, <c>Failures</c> for every model and again in each of <c>Models</c> (a list, best first:
    /// <c>Name</c>, <c>ModelId</c>, <c>Region</c>, <c>Geography</c>, <c>ContextWindow</c>, <c>Capabilities</c> (a list),
    /// <c>AcceptProviderFields</c>, <c>RouteBy</c>) and of their <c>Endpoints</c> (a list: <c>Name</c>, <c>Region</c>, <c>Geography</c>,
    /// <c>Weight</c>; each is the keyed client "model/endpoint" unless code adds it with <c>AddEndpoint</c>); <c>CachedAnswers</c> and
    /// <c>LastResort</c> (<c>Faq</c>: a list of <c>Question</c> and <c>Answer</c>; <c>Rules</c>: a list of <c>Keywords</c> and
    /// <c>Answer</c>; <c>Text</c>), which count as asked for when they are there, unless their <c>Enabled</c> is false. They stand below
    /// every model, whichever source added it. Times read "00:01:40", or "infinite".
    /// </para>
    /// <para>
    /// The section is read once, here: a later change of the configuration has no effect on a ladder, whose circuits and deadlines would
    /// change under its requests.
    /// </para>
    /// <para><inheritdoc cref="AddResilientChat(IServiceCollection, Action{ResilientChatBuilder})" path="/remarks"/></para>
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A key is unknown, a value cannot be read, or the whole contradicts itself: the message names the path, the value and the fix.
    /// </exception>
    public static IServiceCollection AddResilientChat(
        this IServiceCollection services, IConfiguration configuration, Action<ResilientChatBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.Add(new(false, null), Checked(configuration, configure));
    }

    /// <summary>Registers a ladder as a keyed <see cref="IChatClient"/>: several can be registered side by side.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key under which it is resolved.</param>
    /// <param name="configure">Composes the ladder. Runs immediately.</param>
    /// <returns>
    /// The services, with keyed <see cref="ChatCircuits"/> and <see cref="ChatRegions"/> for operators beside the client.
    /// </returns>
    /// <remarks><inheritdoc cref="AddResilientChat(IServiceCollection, Action{ResilientChatBuilder})" path="/remarks"/></remarks>
    /// <exception cref="ArgumentException">
    /// The configuration contradicts itself: the message names the option, the values and the fix.
    /// </exception>
    public static IServiceCollection AddKeyedResilientChat(
        this IServiceCollection services, object? serviceKey, Action<ResilientChatBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.Add(new(true, serviceKey), Checked(null, configure));
    }

    /// <summary>
    /// Registers a ladder, described by a configuration section, as a keyed <see cref="IChatClient"/>: several can be registered side by
    /// side.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key under which it is resolved.</param>
    /// <param name="configuration">The section that holds the ladder.</param>
    /// <param name="configure">Adds what configuration cannot hold. Runs immediately.</param>
    /// <returns>
    /// The services, with keyed <see cref="ChatCircuits"/> and <see cref="ChatRegions"/> for operators beside the client.
    /// </returns>
    /// <remarks>
    /// <inheritdoc cref="AddResilientChat(IServiceCollection, IConfiguration, Action{ResilientChatBuilder})" path="/remarks"/>
    /// </remarks>
    /// <exception cref="ArgumentException">
    /// A key is unknown, a value cannot be read, or the whole contradicts itself: the message names the path, the value and the fix.
    /// </exception>
    public static IServiceCollection AddKeyedResilientChat(
        this IServiceCollection services, object? serviceKey, IConfiguration configuration, Action<ResilientChatBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.Add(new(true, serviceKey), Checked(configuration, configure));
    }

    private static IServiceCollection Add(this IServiceCollection services, Registration registration, CheckedLadder ladder) =>
        (registration.IsKeyed
            ? services.AddKeyedSingleton<IChatClient>(registration.Key, (provider, _) => ladder.Build(provider))
            : services.AddSingleton<IChatClient>(ladder.Build))
        .AddPart<ChatCircuits>(registration, "circuits")
        .AddPart<ChatRegions>(registration, "regions")
        .ResolveAtStart(registration.Client)
        .AddProbes(ladder.Builder, registration);

    private static IServiceCollection AddPart<T>(this IServiceCollection services, Registration registration, string name)
        where T : class => registration.IsKeyed
        ? services.AddKeyedSingleton(
            registration.Key, (provider, key) => PartOf<T>(provider.GetRequiredKeyedService<IChatClient>(key), name))
        : services.AddSingleton(provider => PartOf<T>(provider.GetRequiredService<IChatClient>(), name));

    /// <summary>Nothing without probes, and one service for any number of registrations of a ladder: the last one wins.</summary>
    private static IServiceCollection AddProbes(this IServiceCollection services, ResilientChatBuilder builder, Registration registration)
    {
        if (!builder.HasActiveProbes
            || services.Any(service => !service.IsKeyedService && registration.Equals(service.ImplementationInstance)))
        {
            return services;
        }

        services.AddSingleton(registration);
        services.AddSingleton<IHostedService>(provider => new ChatProbeService(ProbesOf(registration.Client(provider))));
        return services.AddPart<ChatProbes>(registration, "active probes");
    }

    /// <summary>Null if a ladder without probes was registered later; an error if what was registered later is no ladder.</summary>
    private static ChatProbes? ProbesOf(IChatClient client) =>
        client.GetService<ChatProbes>() is null && client.GetService<ResilientChatClient>() is not null
            ? null
            : PartOf<ChatProbes>(client, "active probes");

    private static T PartOf<T>(IChatClient client, string name)
        where T : class => client.GetService<T>() ?? throw new InvalidOperationException(
        $"The IChatClient registered last, a {client.GetType().Name}, has no {name}: "
        + "it took the place of the ladder, or wraps it without handing on GetService. "
        + "Register it before the ladder, register one of the two under a key, or put it above the ladder with chat.Use(...).");

    /// <summary>Hosts validate options before they start anything: this needs no dependency on hosting.</summary>
    private static IServiceCollection ResolveAtStart(this IServiceCollection services, Func<IServiceProvider, IChatClient> resolve)
    {
        services.AddOptions<StartCheck>().Validate<IServiceProvider>((_, provider) => resolve(provider) is not null).ValidateOnStart();
        return services;
    }

    private static CheckedLadder Checked(IConfiguration? configuration, Action<ResilientChatBuilder>? configure)
    {
        var builder = new ResilientChatBuilder();
        if (configuration is not null)
        {
            LadderConfiguration.Declare(builder, configuration);
        }

        configure?.Invoke(builder);
        builder.CompleteDeclared();
        return new(builder, builder.Plan());
    }

    /// <summary>A ladder that was checked at registration. What is built later is what was checked.</summary>
    private sealed record CheckedLadder(ResilientChatBuilder Builder, LadderPlan Plan)
    {
        public IChatClient Build(IServiceProvider provider) => Builder.Compose(Plan, provider);
    }

    /// <summary>Where a ladder is registered. Its presence says that the container already runs the ladder's probes.</summary>
    private sealed record Registration(bool IsKeyed, object? Key)
    {
        public IChatClient Client(IServiceProvider provider) => IsKeyed
            ? provider.GetRequiredKeyedService<IChatClient>(Key)
            : provider.GetRequiredService<IChatClient>();
    }

    /// <summary>Options without a setting: only their validation matters.</summary>
    private sealed class StartCheck;
}
