namespace Resilient.Llm.ContractTests;

/// <summary>Sends requests where nobody answers as expected.</summary>
internal sealed class Detour(string fault) : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>Nobody listens there any more: the provider is to be disposed.</summary>
    public const string Refused = "refused";

    public const string UnknownHost = "unknown host";

    public const string NotTls = "not TLS";

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = new UriBuilder(request.RequestUri!);
        switch (fault)
        {
            case UnknownHost:
                // Reserved by RFC 2606: it never resolves.
                address.Host = "provider.invalid";
                break;
            case NotTls:
                address.Scheme = Uri.UriSchemeHttps;
                break;
        }

        request.RequestUri = address.Uri;
        return base.SendAsync(request, cancellationToken);
    }
}
