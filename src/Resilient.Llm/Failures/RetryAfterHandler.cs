using System.Net;
using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>
/// Lets the library see the Retry-After header of SDKs whose exceptions hide it. Add it to the SDK's <see cref="HttpClient"/>.
/// </summary>
/// <remarks>
/// Needed for the Anthropic SDK; the OpenAI and Azure SDKs show their headers. Changes nothing in requests or responses. Only calls made
/// through an endpoint of a ladder are watched. Thread-safe.
/// </remarks>
/// <example><c>new AnthropicClient { HttpClient = new(new RetryAfterHandler(new SocketsHttpHandler())), MaxRetries = 0 }</c></example>
public sealed class RetryAfterHandler : DelegatingHandler
{
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a handler to be placed in a chain, for example by an HTTP client factory.</summary>
    /// <param name="timeProvider">The clock against which a date in the header is read; null for the system's.</param>
    public RetryAfterHandler(TimeProvider? timeProvider = null)
    {
        _timeProvider = timeProvider ?? TimeProvider.System;
        RetryAfterScope.Use();
    }

    /// <summary>Creates a handler around another one.</summary>
    /// <param name="innerHandler">The handler that makes the call. Owned: disposed together with this one.</param>
    /// <param name="timeProvider">The clock against which a date in the header is read; null for the system's.</param>
    public RetryAfterHandler(HttpMessageHandler innerHandler, TimeProvider? timeProvider = null)
        : this(timeProvider)
    {
        ArgumentNullException.ThrowIfNull(innerHandler);
        InnerHandler = innerHandler;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        Note(response);
        return response;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = base.Send(request, cancellationToken);
        Note(response);
        return response;
    }

    private void Note(HttpResponseMessage response)
    {
        if (RetryAfterScope.Current is { } box)
        {
            box.Value = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or (HttpStatusCode)529
                ? RetryAfterHeader.Read(
                    First(response, RetryAfterHeader.MillisecondsName),
                    First(response, RetryAfterHeader.Name),
                    _timeProvider)
                : null;
        }
    }

    private static string? First(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
