using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>
/// Lets the library see the Retry-After header of SDKs whose exceptions hide it, in a chain of HTTP handlers of your own.
/// </summary>
/// <remarks>
/// Needed for the SDKs of Anthropic and Ollama; those of OpenAI and Azure show their headers. <see cref="ProviderHttpHandler"/> does the
/// same: use this handler only where the HTTP client is made elsewhere, for example by an HTTP client factory. Reads the header of any
/// answer from status 400 up. Changes nothing in requests or responses. Only calls made through an endpoint of a ladder are watched.
/// Thread-safe.
/// </remarks>
/// <example><c>services.AddHttpClient("anthropic").AddHttpMessageHandler(() => new RetryAfterHandler())</c></example>
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
        RetryAfterScope.Note(response, _timeProvider);
        return response;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = base.Send(request, cancellationToken);
        RetryAfterScope.Note(response, _timeProvider);
        return response;
    }
}
