using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Resilient.Llm.Failures;

/// <summary>The built-in verdict on an exception, and how informative it is.</summary>
/// <param name="Kind">The kind of failure.</param>
/// <param name="Weight">How informative it is.</param>
/// <param name="IsPage">Whether the answer was a page for browsers, and so not the provider's.</param>
internal readonly record struct ExceptionVerdict(FailureKind Kind, VerdictWeight Weight, bool IsPage = false)
{
    public static ExceptionVerdict None => default;

    /// <summary>Judges one exception without those inside it, from what reflection found on it.</summary>
    public static ExceptionVerdict Of(Exception exception, in SdkException sdk) => exception switch
    {
        ResilientChatException own => new(own.KindToClassifiers, VerdictWeight.Told),
        BrokenCircuitException => new(FailureKind.CircuitOpen, VerdictWeight.Told),
        TimeoutRejectedException or TimeoutException or OperationCanceledException => new(FailureKind.Timeout, VerdictWeight.Timed),
        ExecutionRejectedException => new(FailureKind.Rejected, VerdictWeight.Told),
        _ => OfAnswer(exception, sdk),
    };

    private static ExceptionVerdict OfAnswer(Exception exception, in SdkException sdk)
    {
        var http = exception as HttpRequestException;
        if (ProviderError.KindOf((sdk.Status is > 0 ? sdk.Status : null) ?? (int?)http?.StatusCode, sdk, exception) is { } kind)
        {
            return new(kind, VerdictWeight.Told, sdk.IsPage);
        }

        return exception switch
        {
            JsonException or InvalidDataException => new(FailureKind.InvalidResponse, VerdictWeight.Guessed),

            // SDKs have their own, for an answer that is not the expected JSON.
            _ when exception.GetType().Name.EndsWith(nameof(InvalidDataException), StringComparison.Ordinal) =>
                new(FailureKind.InvalidResponse, VerdictWeight.Guessed),
            HttpRequestException or IOException or SocketException or AuthenticationException or WebException =>
                new(FailureKind.Network, VerdictWeight.Guessed),
            _ when sdk.Status == 0 => new(FailureKind.Network, VerdictWeight.Guessed),
            _ => None,
        };
    }
}

/// <summary>Which of several nested exceptions decides.</summary>
internal enum VerdictWeight
{
    /// <summary>It says nothing known.</summary>
    None = 0,

    /// <summary>The connection or the format failed: an inner exception may know why.</summary>
    Guessed,

    /// <summary>The time was up.</summary>
    Timed,

    /// <summary>The provider, or our own code, said what is wrong.</summary>
    Told,
}
