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
    /// <summary>Registers a <see cref="ChaosController"/>: one singleton, however often this is called; each call changes its options, in their order.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options. Null: chaos stays off, and <c>WithChaos()</c> has a controller.</param>
    /// <remarks>
    /// A host checks the options when it starts, before anything else: enabled in an environment that is not on the list, it does not start. Clock and logger are those of the services.
    /// </remarks>
    public static IServiceCollection AddChaos(this IServiceCollection services, Action<ChaosOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Add(new ChaosSetup(null, configure));
    }

    /// <summary>Registers a <see cref="ChaosController"/> whose options and experiments stand in a section of the configuration.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section, for example <c>configuration.GetSection("Chaos")</c>.</param>
    /// <param name="configure">Changes what the section says.</param>
    /// <remarks>
    /// <para>
    /// Keys: <c>Enabled</c>, <c>AllowedEnvironments</c> (in place of the defaults), <c>MaxDuration</c>, and <c>Experiments</c>, a list with the properties of <see cref="ChaosExperiment"/> and <c>Active</c> (true).
    /// The first three are read when the controller is made, the experiments again whenever the configuration changes: what appears or becomes active starts, what disappears or becomes inactive stops,
    /// what changes starts anew, and what has ended in any way stays ended until its entry changes. A mistake in an experiment is noted in the log and in <see cref="ChaosController.Log"/> as refused.
    /// <c>Enabled</c> set to false while the application runs is the kill switch; true releases it again.
    /// </para>
    /// <para><inheritdoc cref="AddChaos(IServiceCollection, Action{ChaosOptions})" path="/remarks"/></para>
    /// </remarks>
    public static IServiceCollection AddChaos(this IServiceCollection services, IConfiguration configuration, Action<ChaosOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return services.Add(new ChaosSetup(configuration, configure));
    }

    private static IServiceCollection Add(this IServiceCollection services, ChaosSetup setup)
    {
        services.AddSingleton(setup);
        services.TryAddSingleton(Make);

        // Hosts run the validation of options before they start anything.
        services.AddOptions<StartCheck>().Validate<IServiceProvider>(static (_, provider) => provider.GetRequiredService<ChaosController>() is not null).ValidateOnStart();
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

        // Setting it to nothing is no way around the host's: a variable of the process may say something else.
        options.Environment = string.IsNullOrWhiteSpace(options.Environment) ? host : options.Environment;
        var controller = new ChaosController(options, provider.GetService<TimeProvider>(), null, provider.GetService<ILogger<ChaosController>>());
        foreach (var configuration in setups.Select(static setup => setup.Configuration).OfType<IConfiguration>())
        {
            controller.Own(new ChaosReload(controller, configuration));
        }

        return controller;
    }

    /// <summary>What one call of AddChaos said.</summary>
    private sealed record ChaosSetup(IConfiguration? Configuration, Action<ChaosOptions>? Configure);

    /// <summary>Options without a setting: only their validation matters.</summary>
    private sealed class StartCheck;
}
