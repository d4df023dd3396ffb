using System.Net;
using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>
/// The HTTP handler for a provider's SDK: refuses redirects to another origin, and lets the library see the Retry-After header.
/// </summary>
/// <remarks>
/// <para>
/// A request holds the user's data, so it must not follow a redirect to a place that was never declared. A redirect (301, 302, 303, 307,
/// 308) to another scheme, host or port is refused with an <see cref="HttpRequestException"/> that carries the status: a failure of the
/// endpoint (<see cref="FailureKind.ModelUnavailable"/>), so another one is asked. Redirects within the origin are followed, up to five,
/// by the rules of .NET: 307 and 308 keep method and body, after the others a POST becomes a GET.
/// </para>
/// <para>
/// It owns a <see cref="SocketsHttpHandler"/>, since a handler in front of one that follows redirects never sees them. That one takes
/// connections out of use after two minutes, so that changes of DNS are noticed, closes the connection of an abandoned answer at once, and
/// stores no cookies. Use one instance for many calls. Thread-safe.
/// </para>
/// </remarks>
/// <example><c>new AnthropicClient { HttpClient = new(new ProviderHttpHandler()), MaxRetries = 0 }</c></example>
public sealed class ProviderHttpHandler : HttpMessageHandler
{
    private const int MaxRedirects = 5;

    private readonly HttpMessageInvoker _sockets;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a handler.</summary>
    /// <param name="configure">
    /// Changes the handler that makes the calls, for example its proxy or certificates. Invoked once. Automatic redirects stay off.
    /// </param>
    /// <param name="timeProvider">The clock against which a date in Retry-After is read; null for the system's.</param>
    public ProviderHttpHandler(Action<SocketsHttpHandler>? configure = null, TimeProvider? timeProvider = null)
    {
        _timeProvider = timeProvider ?? TimeProvider.System;
        var sockets = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            EnableMultipleHttp2Connections = true,
            ResponseDrainTimeout = TimeSpan.Zero,
            UseCookies = false,
        };
        try
        {
            configure?.Invoke(sockets);

            // Last: nothing that configures it may switch them on.
            sockets.AllowAutoRedirect = false;
        }
        catch
        {
            sockets.Dispose();
            throw;
        }

        _sockets = new(sockets, disposeHandler: true);
        RetryAfterScope.Use();
    }

    /// <inheritdoc/>
    /// <exception cref="HttpRequestException">The call failed, or a redirect was refused: the message says why.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var response = await _sockets.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (!Follows(request, response, redirects))
            {
                return response;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="HttpRequestException">The call failed, or a redirect was refused: the message says why.</exception>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var response = _sockets.Send(request, cancellationToken);
            if (!Follows(request, response, redirects))
            {
                return response;
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _sockets.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Whether the answer is a redirect that the request now follows. It is then disposed, as it is by a refusal.</summary>
    private bool Follows(HttpRequestMessage request, HttpResponseMessage response, int redirects)
    {
        RetryAfterScope.Note(response, _timeProvider);
        if (Target(request, response) is not { } target)
        {
            return false;
        }

        var status = response.StatusCode;
        response.Dispose();
        if (Difference(request.RequestUri!, target) is { } difference)
        {
            throw new HttpRequestException(
                $"The endpoint redirects ({(int)status}) to another {difference}, which was refused: "
                + "the request's data may go only to the address that was configured. "
                + "Configure the endpoint with the address that it moved to, if that is where the data may go.",
                null,
                status);
        }

        if (redirects == MaxRedirects)
        {
            throw new HttpRequestException(
                $"The endpoint redirects ({(int)status}) in circles: {MaxRedirects} were followed.", null, status);
        }

        if (LosesBody(status, request.Method))
        {
            request.Method = HttpMethod.Get;
            request.Content = null;
            request.Headers.TransferEncodingChunked = false;
        }

        request.RequestUri = target;
        return true;
    }

    /// <summary>Where it redirects to; relative if that cannot be read; null if it does not.</summary>
    private static Uri? Target(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            || response.Headers.Location is not { } location)
        {
            return null;
        }

        return location.IsAbsoluteUri || !Uri.TryCreate(request.RequestUri, location, out var target) ? location : target;
    }

    /// <summary>What makes the target another origin; null if it is the same.</summary>
    private static string? Difference(Uri from, Uri to) =>
        !to.IsAbsoluteUri ? "place that cannot be read"
        : !string.Equals(from.Scheme, to.Scheme, StringComparison.OrdinalIgnoreCase) ? "scheme"
        : !string.Equals(from.IdnHost, to.IdnHost, StringComparison.OrdinalIgnoreCase) ? "host"
        : from.Port != to.Port ? "port"
        : null;

    private static bool LosesBody(HttpStatusCode status, HttpMethod method) => status switch
    {
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found => method == HttpMethod.Post,
        HttpStatusCode.SeeOther => method != HttpMethod.Get && method != HttpMethod.Head,
        _ => false,
    };
}
