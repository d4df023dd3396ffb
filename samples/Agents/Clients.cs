using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OpenAI.Responses;
using Resilient.Llm;

namespace Agents;

/// <summary>Clients of the official SDKs, set up to live below a ladder: without retries and timeouts of their own.</summary>
/// <remarks>The loopback provider takes any key. Without an endpoint, the same clients talk to the real services.</remarks>
internal static class Clients
{
    /// <param name="endpoint">With "v1", as this SDK wants it.</param>
    public static IChatClient Responses(Uri endpoint)
    {
#pragma warning disable OPENAI001 // The SDK still marks its client for Responses as experimental.
        var options = new ResponsesClientOptions
        {
            Endpoint = endpoint,
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Transport = new HttpClientPipelineTransport(NewHttpClient()),
        };
        return new ResponsesClient(new ApiKeyCredential("none"), options).AsIChatClient("gpt-loopback");
#pragma warning restore OPENAI001
    }

    /// <param name="endpoint">Without "v1".</param>
    public static IChatClient Claude(Uri endpoint)
    {
        var options = new ClientOptions
        {
            BaseUrl = endpoint.ToString().TrimEnd('/'),
            ApiKey = "none",
            MaxRetries = 0,
            HttpClient = NewHttpClient(),
        };
        return new AnthropicClient(options).AsIChatClient("claude-loopback");
    }

    // The handler shows the ladder for how long a provider asks to be left alone, and refuses redirects to other hosts.
    private static HttpClient NewHttpClient() => new(new ProviderHttpHandler()) { Timeout = Timeout.InfiniteTimeSpan };
}
