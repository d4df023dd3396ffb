using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Resilient.Llm.Chaos;

/// <summary>What a provider that refuses looks like: a status, and where the fault has them an error code and a time to come back.</summary>
/// <remarks>
/// Holds what the exceptions of SDKs hold, under the names that they use, so that it is read as theirs are. Where a fault has no status (a refused connection, a broken one) the
/// exceptions are those of .NET itself.
/// </remarks>
public sealed class ChaosProviderException : HttpRequestException
{
    // The library reads foreign exceptions by reflection; compiled ahead of time, these two must not be trimmed away. By name: all properties would be Exception.TargetSite too, which cannot be kept.
    [DynamicDependency(nameof(ErrorCode))]
    [DynamicDependency(nameof(RetryAfter))]
    internal ChaosProviderException(int status, string? errorCode = null, TimeSpan? retryAfter = null)
        : base(FormattableString.Invariant($"Injected by a chaos experiment: the provider answers {status}."), null, (HttpStatusCode)status)
    {
        ErrorCode = errorCode;
        RetryAfter = retryAfter;
    }

    /// <summary>The provider's code for what went wrong, for example "insufficient_quota"; null where it gives none.</summary>
    public string? ErrorCode { get; }

    /// <summary>How long the provider asks us to stay away; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
