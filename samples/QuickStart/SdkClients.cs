using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;
using Resilient.Llm;

namespace QuickStart;

/// <summary>Clients of the official SDKs, set up to live below a ladder.</summary>
/// <remarks>
/// The SDKs' own retries are off: they multiply with the ladder's (2 retries here times 2 there are 9 calls for one question), keep a
/// failing provider busy, and spend time in which the next model could have answered.
/// </remarks>
internal static class SdkClients
{
    /// <param name="endpoint">Without "v1"; null for the real service.</param>
    /// <param name="apiKey">The loopback provider takes any.</param>
    /// <param name="model">The model to ask.</param>
    public static IChatClient Anthropic(Uri? endpoint, string apiKey = "none", string model = "claude-loopback")
    {
        var options = new ClientOptions { ApiKey = apiKey, HttpClient = NewHttpClient(), MaxRetries = 0 };
        if (endpoint is not null)
        {
            options.BaseUrl = endpoint.ToString().TrimEnd('/');
        }

        return new AnthropicClient(options).AsIChatClient(model);
    }

    /// <param name="endpoint">With "v1", as this SDK wants it; null for the real service.</param>
    /// <param name="apiKey">The loopback provider takes any.</param>
    /// <param name="model">The model to ask.</param>
    public static IChatClient OpenAI(Uri? endpoint, string apiKey = "none", string model = "gpt-loopback")
    {
        var options = new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = Timeout.InfiniteTimeSpan };
        if (endpoint is not null)
        {
            options.Endpoint = endpoint;
        }

        options.Transport = new HttpClientPipelineTransport(NewHttpClient());

        // AsIChatClient comes with the package Microsoft.Extensions.AI.OpenAI.
        return new ChatClient(model, new ApiKeyCredential(apiKey), options).AsIChatClient();
    }

    // The ladder sets a deadline for every call, and HttpClient's own of 100 seconds would only get in its way. The handler refuses redirects
    // to other hosts, and shows the ladder for how long a provider asks to be left alone: not every SDK's exceptions carry Retry-After.
    private static HttpClient NewHttpClient() => new(new ProviderHttpHandler()) { Timeout = Timeout.InfiniteTimeSpan };
}
