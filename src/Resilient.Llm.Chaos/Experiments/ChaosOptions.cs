using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos;

/// <summary>Whether, where and how chaos may be made at all.</summary>
public sealed class ChaosOptions
{
    /// <summary>Whether experiments may be started. Nothing is injected while this is false.</summary>
    /// <value>Default: false.</value>
    public bool Enabled { get; set; }

    /// <summary>The environment in which the application runs.</summary>
    /// <value>Default: null: the host's environment, else <c>DOTNET_ENVIRONMENT</c>, else <c>ASPNETCORE_ENVIRONMENT</c>, else "Production".</value>
    public string? Environment { get; set; }

    /// <summary>Environments in which chaos may be enabled. Others refuse to start with it.</summary>
    /// <value>Default: Development, Test, Staging. Case does not matter.</value>
    public IList<string> AllowedEnvironments { get; } = ["Development", "Test", "Staging"];

    /// <summary>The longest that any experiment may ask for.</summary>
    /// <value>Default: 1 hour. Range: above zero to 24 hours.</value>
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Says whose call it is.</summary>
    /// <value>Default: null: <see cref="ResilientChatOptions.CachePartition"/>. Asked only while experiments run; it must be thread-safe and not throw.</value>
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
