using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Chaos;
using Resilient.Llm.Chaos.Experiments;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the controller of chaos experiments.</summary>
public static class ChaosServiceCollectionExtensions
{
    /// <summary>Registers one <see cref="ChaosController"/> as a singleton. Several calls configure the same options, in order.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Configures the options; null leaves chaos off.</param>
    /// <remarks>
    /// A host validates the options at startup, and does not start if chaos is enabled in an environment that is not allowed. Uses the
    /// clock and the logger of the services.
    /// </remarks>
    public static IServiceCollection AddChaos(this IServiceCollection services, Action<ChaosOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Add(new ChaosSetup(null, configure));
    }

    /// <summary>Registers a <see cref="ChaosController"/> with options and experiments from a configuration section.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section, for example <c>configuration.GetSection("Chaos")</c>.</param>
    /// <param name="configure">Changes the options after the section is applied.</param>
    /// <remarks>
    /// <para>
    /// Keys: <c>Enabled</c>, <c>AllowedEnvironments</c> (replaces the defaults), <c>MaxDuration</c>, and <c>Experiments</c>, a list with
    /// the properties of <see cref="ChaosExperiment"/> and <c>Active</c> (default true). The first three are read once. The experiments
    /// follow every reload: new or activated entries start, removed or deactivated ones stop, changed ones restart. An experiment that
    /// ended stays ended until its entry changes. An invalid entry is logged, also in <see cref="ChaosController.Log"/>, as refused.
    /// Setting <c>Enabled</c> to false at runtime is the kill switch; true releases it.
    /// </para>
    /// <para><inheritdoc cref="AddChaos(IServiceCollection, Action{ChaosOptions})" path="/remarks"/></para>
    /// </remarks>
    public static IServiceCollection AddChaos(
        this IServiceCollection services, IConfiguration configuration, Action<ChaosOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.Add(new ChaosSetup(configuration, configure));
    }

    private static IServiceCollection Add(this IServiceCollection services, ChaosSetup setup)
    {
        services.AddSingleton(setup);
        services.TryAddSingleton(Make);

        // Hosts validate options before they start anything.
        services.AddOptions<StartCheck>()
            .Validate<IServiceProvider>(static (_, provider) => provider.GetRequiredService<ChaosController>() is not null)
            .ValidateOnStart();
        return services;
    }

    private static ChaosController Make(IServiceProvider provider)
    {
        var host = provider.GetService<IHostEnvironment>()?.EnvironmentName;
        var options = new ChaosOptions { Environment = host };
        var setups = provider.GetServices<ChaosSetup>().ToArray();
        foreach (var (configuration, configure) in setups)
        {
            if (configuration is not null)
            {
                ChaosOptionsReader.Apply(configuration, options);
            }

            configure?.Invoke(options);
        }

        // A blank name falls back to the host's environment, not to a process variable that may differ.
        options.Environment = string.IsNullOrWhiteSpace(options.Environment) ? host : options.Environment;
        var controller = new ChaosController(
            options, provider.GetService<TimeProvider>(), null, provider.GetService<ILogger<ChaosController>>());
        foreach (var configuration in setups.Select(static setup => setup.Configuration).OfType<IConfiguration>())
        {
            controller.Own(new ChaosReload(controller, configuration));
        }

        return controller;
    }

    private sealed record ChaosSetup(IConfiguration? Configuration, Action<ChaosOptions>? Configure);

    /// <summary>Options without settings: only their validation is used.</summary>
    private sealed class StartCheck;
}
