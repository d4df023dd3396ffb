namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Determines the environment, and whether chaos is allowed there.</summary>
internal static class ChaosEnvironment
{
    /// <summary>The environment; "Production" if none is set, as for hosts, so that a missing setting never allows chaos.</summary>
    public static string Of(ChaosOptions options) =>
        First(options.Environment)
        ?? First(Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT"))
        ?? First(Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT"))
        ?? "Production";

    /// <exception cref="InvalidOperationException">Chaos is enabled where it is not allowed.</exception>
    public static void Check(ChaosOptions options)
    {
        var environment = Of(options);
        if (options.Enabled && !options.AllowedEnvironments.Contains(environment, StringComparer.OrdinalIgnoreCase))
        {
            var allowed = options.AllowedEnvironments.Count == 0 ? "empty" : string.Join(", ", options.AllowedEnvironments);
            throw new InvalidOperationException(
                $"{nameof(ChaosOptions)}.{nameof(ChaosOptions.Enabled)} is true in the environment '{environment}', and "
                + $"{nameof(ChaosOptions.AllowedEnvironments)} is {allowed}. "
                + $"Set {nameof(ChaosOptions.Enabled)} to false here, or add '{environment}' to {nameof(ChaosOptions.AllowedEnvironments)} "
                + "if chaos is meant to be made here. "
                + $"If this is no {environment}, say where it is: the environment variable DOTNET_ENVIRONMENT, for example Development, or "
                + $"{nameof(ChaosOptions)}.{nameof(ChaosOptions.Environment)}.");
        }
    }

    private static string? First(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();
}
