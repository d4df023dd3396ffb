using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using Anthropic;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace Resilient.Llm.Loopback;

/// <content>Chat clients of the official SDKs that talk to this provider.</content>
public sealed partial class LoopbackProvider
{
    private readonly ConcurrentBag<HttpClient> _httpClients = [];

    /// <summary>The official Anthropic SDK's chat client, pointed at this provider.</summary>
    /// <param name="model">The default model.</param>
    /// <param name="httpClient">
    /// The HTTP client to use, which stays the caller's. By default each chat client has its own, disposed with the provider, without a
    /// timeout and without the two seconds of draining for which .NET keeps the connection of an abandoned response.
    /// </param>
    /// <param name="sdkDefaults">
    /// Leave the SDK as it comes: its own retries and timeouts. By default retries are off, so that one call is one request.
    /// </param>
    /// <param name="apiKey">The key sent along.</param>
    public IChatClient CreateAnthropicClient(
        string model = "claude-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key")
    {
        var options = new Anthropic.Core.ClientOptions { BaseUrl = BaseAddress.ToString().TrimEnd('/'), ApiKey = apiKey };
        if (httpClient is not null || !sdkDefaults)
        {
            options.HttpClient = httpClient ?? NewHttpClient();
        }

        if (!sdkDefaults)
        {
            options.MaxRetries = 0;
        }

        return new AnthropicClient(options).AsIChatClient(model);
    }

    /// <summary>The official OpenAI SDK's chat client behind <see cref="OpenAIChatClientAdapter"/>, pointed at this provider.</summary>
    /// <inheritdoc cref="CreateAnthropicClient" path="/param"/>
    public IChatClient CreateOpenAIClient(
        string model = "gpt-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key")
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(BaseAddress, "v1") };
        if (httpClient is not null || !sdkDefaults)
        {
            options.Transport = new HttpClientPipelineTransport(httpClient ?? NewHttpClient());
        }

        if (!sdkDefaults)
        {
            options.RetryPolicy = new ClientRetryPolicy(0);
        }

        return new OpenAIChatClientAdapter(new ChatClient(model, new ApiKeyCredential(apiKey), options));
    }

    private HttpClient NewHttpClient()
    {
        // By default an abandoned response is read on for up to two seconds in the hope of saving the connection. Here an abandoned call
        // shall be seen to be over at once.
        var client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { Timeout = Timeout.InfiniteTimeSpan };
        _httpClients.Add(client);
        return client;
    }

    private void DisposeClients()
    {
        while (_httpClients.TryTake(out var client))
        {
            client.Dispose();
        }
    }
}
