using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Resilient.Llm.Chaos;

/// <summary>An injected refusal by a provider: a status, and for some faults an error code and a retry delay.</summary>
/// <remarks>
/// Has the property names of SDK exceptions, so that the library reads it as it reads theirs. Faults without a status, such as a refused
/// connection, throw the exceptions of .NET.
/// </remarks>
public sealed class ChaosProviderException : HttpRequestException
{
    // The library reads foreign exceptions by reflection, so these two must not be trimmed. By name: "all properties" would include
    // Exception.TargetSite, which cannot be kept.
    [DynamicDependency(nameof(ErrorCode))]
    [DynamicDependency(nameof(RetryAfter))]
    internal ChaosProviderException(int status, string? errorCode = null, TimeSpan? retryAfter = null)
        : base(FormattableString.Invariant($"Injected by a chaos experiment: the provider answers {status}."), null, (HttpStatusCode)status)
    {
        ErrorCode = errorCode;
        RetryAfter = retryAfter;
    }

    /// <summary>Gets the provider's error code, for example "insufficient_quota"; null if there is none.</summary>
    public string? ErrorCode { get; }

    /// <summary>Gets the retry delay; null if there is none.</summary>
    public TimeSpan? RetryAfter { get; }
}
