using Microsoft.Extensions.Configuration;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Reads whether and how long chaos may be made from a section of the configuration.</summary>
internal static class ChaosOptionsReader
{
    /// <summary>The list of experiments in the section.</summary>
    public const string Experiments = "Experiments";

    /// <summary>Applies the section. One without keys changes nothing.</summary>
    /// <exception cref="ArgumentException">A key is unknown or cannot be read.</exception>
    public static void Apply(IConfiguration configuration, ChaosOptions options)
    {
        if (!configuration.GetChildren().Any())
        {
            return;
        }

        ConfigurationReader.Read(
            configuration,
            reader =>
            {
                reader.Bool(nameof(options.Enabled), value => options.Enabled = value);
                reader.Texts(nameof(options.AllowedEnvironments), names =>
                {
                    options.AllowedEnvironments.Clear();
                    names.ToList().ForEach(options.AllowedEnvironments.Add);
                });
                reader.Time(nameof(options.MaxDuration), value => options.MaxDuration = value);

                // Known here, and read one by one elsewhere: a bad experiment must not keep the others from running.
                reader.Ignore(Experiments);
            },
            "chaos");
    }

    /// <summary>Whether the section, as it is now, asks for chaos. Nothing, or a value that cannot be read, does not.</summary>
    public static bool IsEnabled(IConfiguration configuration) =>
        bool.TryParse(configuration[nameof(ChaosOptions.Enabled)]?.Trim(), out var enabled) && enabled;
}
