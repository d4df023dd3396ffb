using Microsoft.Extensions.Configuration;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Reads the chaos options from a configuration section.</summary>
internal static class ChaosOptionsReader
{
    /// <summary>The key of the list of experiments.</summary>
    public const string Experiments = "Experiments";

    /// <summary>Applies the section. An empty section changes nothing.</summary>
    /// <exception cref="ArgumentException">A key is unknown or unreadable.</exception>
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

                // A known key, read elsewhere entry by entry: an invalid experiment must not stop the others.
                reader.Ignore(Experiments);
            },
            "chaos");
    }

    /// <summary>Whether the section currently enables chaos. A missing or unreadable value does not.</summary>
    public static bool IsEnabled(IConfiguration configuration) =>
        bool.TryParse(configuration[nameof(ChaosOptions.Enabled)]?.Trim(), out var enabled) && enabled;
}
