using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos;

/// <summary>Options that control whether and where chaos is allowed.</summary>
public sealed class ChaosOptions
{
    /// <summary>Gets or sets whether experiments can be started.</summary>
    /// <value>Default: false.</value>
    public bool Enabled { get; set; }

    /// <summary>Gets or sets the environment in which the application runs.</summary>
    /// <value>Default: the host's, else <c>DOTNET_ENVIRONMENT</c>, else <c>ASPNETCORE_ENVIRONMENT</c>, else "Production".</value>
    public string? Environment { get; set; }

    /// <summary>Gets the environments in which chaos may be enabled. Elsewhere, enabling it throws at startup.</summary>
    /// <value>Default: Development, Test, Staging. Ignores case.</value>
    public IList<string> AllowedEnvironments { get; } = ["Development", "Test", "Staging"];

    /// <summary>Gets or sets the longest duration of an experiment.</summary>
    /// <value>Default: 1 hour. Range: above zero to 24 hours.</value>
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Gets or sets the callback that returns the tenant of a call. Must be thread-safe and not throw.</summary>
    /// <value>Default: null, which uses <see cref="ResilientChatOptions.CachePartition"/>. Invoked only while experiments run.</value>
    public Func<ChatOptions?, string?>? Tenant { get; set; }

    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal void Validate()
    {
        if (MaxDuration <= TimeSpan.Zero || MaxDuration > TimeSpan.FromHours(24))
        {
            throw new ArgumentException(
                $"{nameof(ChaosOptions)}.{nameof(MaxDuration)} is {MaxDuration}. Set it above zero and to at most 24 hours (1.00:00:00).");
        }

        if (AllowedEnvironments.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException(
                $"{nameof(ChaosOptions)}.{nameof(AllowedEnvironments)} holds a name that is blank. Name an environment, or remove it.");
        }
    }
}
