using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace Resilient.Llm.Chaos.Faults;

/// <summary>The exceptions of faults: the same types, with the same inner exceptions, as real HTTP clients throw.</summary>
internal static class ChaosExceptions
{
    private const string Injected = "Injected by a chaos experiment: ";

    /// <summary>The exception; null for faults that do not throw.</summary>
    public static Exception? Of(ChaosFault fault) => fault.Kind switch
    {
        ChaosFaultKind.ConnectionRefused => Http(
            HttpRequestError.ConnectionError, "nobody listens at the address.", new SocketException((int)SocketError.ConnectionRefused)),
        ChaosFaultKind.ConnectionReset => Http(HttpRequestError.Unknown, "the connection is reset.", Reset()),
        ChaosFaultKind.NameResolution => Http(
            HttpRequestError.NameResolutionError, "the name does not resolve.", new SocketException((int)SocketError.HostNotFound)),
        ChaosFaultKind.TlsFailure => Http(
            HttpRequestError.SecureConnectionError, "no secure connection comes about.",
            new AuthenticationException(Injected + "the certificate is not valid.")),
        ChaosFaultKind.RateLimited => new ChaosProviderException(429, retryAfter: fault.RetryAfter),
        ChaosFaultKind.QuotaExhausted => new ChaosProviderException(429, "insufficient_quota"),
        ChaosFaultKind.ServerError => new ChaosProviderException(500),
        ChaosFaultKind.Overloaded => new ChaosProviderException(529),
        ChaosFaultKind.Unauthorized => new ChaosProviderException(401),
        ChaosFaultKind.ModelUnavailable => new ChaosProviderException(404, "model_not_found"),
        ChaosFaultKind.InvalidRequest => new ChaosProviderException(400),
        ChaosFaultKind.ContextTooLong => new ChaosProviderException(400, "context_length_exceeded"),
        ChaosFaultKind.CutStream => new HttpIOException(HttpRequestError.ResponseEnded, Injected + "the answer breaks off."),

        // With a position, as readers give it: what was written could not have failed there.
        ChaosFaultKind.MalformedChunk => new JsonException(Injected + "what arrives cannot be read.", null, 0, 0),
        ChaosFaultKind.Severed => Reset(),
        _ => null,
    };

    private static IOException Reset() =>
        new(Injected + "the connection is severed.", new SocketException((int)SocketError.ConnectionReset));

    private static HttpRequestException Http(HttpRequestError error, string what, Exception cause) => new(error, Injected + what, cause);
}
