using System.ClientModel;
using System.ClientModel.Primitives;
using System.Collections.Concurrent;
using Azure.AI.OpenAI;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace Resilient.Llm.Loopback;

/// <content>Chat clients of the official SDKs and adapters that talk to this provider.</content>
/// <remarks>
/// Unless <c>sdkDefaults</c> is set, the SDKs' own retries are off, so that one call is one request. Each client then has an HTTP client of
/// its own, disposed with the provider, without a timeout and without the two seconds of draining for which .NET keeps the connection of an
/// abandoned response.
/// </remarks>
public sealed partial class LoopbackProvider
{
    private readonly ConcurrentBag<HttpClient> _httpClients = [];

    /// <summary>The official chat client for <paramref name="protocol"/>, with the protocol's default model.</summary>
    /// <param name="protocol">The protocol to speak.</param>
    /// <param name="httpClient">The HTTP client to use, which stays the caller's. Null: one of the provider's.</param>
    /// <param name="sdkDefaults">Leave the SDK as it comes: its own retries and timeouts.</param>
    public IChatClient CreateClient(WireProtocol protocol, HttpClient? httpClient = null, bool sdkDefaults = false) => protocol switch
    {
        WireProtocol.Anthropic => Anthropic(httpClient: httpClient, sdkDefaults: sdkDefaults),
        WireProtocol.OpenAI => OpenAIChat(httpClient: httpClient, sdkDefaults: sdkDefaults),
        WireProtocol.Responses => OpenAIResponses(httpClient: httpClient, sdkDefaults: sdkDefaults),
        WireProtocol.Ollama => Ollama(httpClient: httpClient, sdkDefaults: sdkDefaults),
        WireProtocol.Azure => Azure(httpClient: httpClient, sdkDefaults: sdkDefaults),
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Unknown protocol."),
    };

    /// <summary>Anthropic's SDK and its own adapter.</summary>
    /// <param name="model">The default model.</param>
    /// <param name="httpClient">The HTTP client to use, which stays the caller's. Null: one of the provider's.</param>
    /// <param name="sdkDefaults">Leave the SDK as it comes: its own retries and timeouts.</param>
    /// <param name="apiKey">The key sent along.</param>
    public IChatClient Anthropic(
        string model = "claude-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key")
    {
        var options = new global::Anthropic.Core.ClientOptions { BaseUrl = BaseAddress.ToString().TrimEnd('/'), ApiKey = apiKey };
        if (httpClient is not null || !sdkDefaults)
        {
            options.HttpClient = httpClient ?? NewHttpClient();
        }

        if (!sdkDefaults)
        {
            options.MaxRetries = 0;
        }

        return new global::Anthropic.AnthropicClient(options).AsIChatClient(model);
    }

    /// <summary>OpenAI's SDK for Chat Completions, with the adapter of Microsoft.Extensions.AI.OpenAI.</summary>
    /// <inheritdoc cref="Anthropic" path="/param"/>
    public IChatClient OpenAIChat(
        string model = "gpt-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key") =>
        NewChatClient(model, httpClient, sdkDefaults, apiKey).AsIChatClient();

    /// <summary>OpenAI's SDK for Responses, with the adapter of Microsoft.Extensions.AI.OpenAI.</summary>
    /// <param name="model">The default model.</param>
    /// <param name="httpClient">The HTTP client to use, which stays the caller's. Null: one of the provider's.</param>
    /// <param name="sdkDefaults">Leave the SDK as it comes: its own retries and timeouts.</param>
    /// <param name="apiKey">The key sent along.</param>
    /// <param name="stateless">
    /// Ask with <c>store=false</c> and have encrypted reasoning sent along. False: as the adapter comes, which stores.
    /// </param>
    public IChatClient OpenAIResponses(
        string model = "gpt-loopback",
        HttpClient? httpClient = null,
        bool sdkDefaults = false,
        string apiKey = "loopback-key",
        bool stateless = false)
    {
#pragma warning disable OPENAI001 // The client for Responses is still marked experimental.
        var settings = Options(new ResponsesClientOptions { Endpoint = OpenAIAddress }, httpClient, sdkDefaults);
        var client = new ResponsesClient(new ApiKeyCredential(apiKey), settings).AsIChatClient(model);
        return !stateless ? client : client.AsBuilder().ConfigureOptions(static options => options.RawRepresentationFactory ??= static _ =>
            new CreateResponseOptions
            {
                StoredOutputEnabled = false,
                IncludedProperties = { IncludedResponseProperty.ReasoningEncryptedContent },
            }).Build();
#pragma warning restore OPENAI001
    }

    /// <summary>OllamaSharp, whose client is a chat client.</summary>
    /// <inheritdoc cref="Anthropic" path="/param"/>
    public IChatClient Ollama(
        string model = "llama-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key")
    {
        if (httpClient is null && sdkDefaults)
        {
            return new OllamaApiClient(BaseAddress, model);
        }

        // OllamaSharp resolves its paths against the base address of the HTTP client, and takes no other.
        var client = httpClient ?? NewHttpClient();
        client.BaseAddress ??= BaseAddress;
        return new OllamaApiClient(client, model) { DefaultRequestHeaders = { ["Authorization"] = $"Bearer {apiKey}" } };
    }

    /// <summary>
    /// Azure's client for Chat Completions, with the adapter of Microsoft.Extensions.AI.OpenAI. The model is the deployment.
    /// </summary>
    /// <inheritdoc cref="Anthropic" path="/param"/>
    public IChatClient Azure(
        string model = "gpt-azure", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key") =>
        new AzureOpenAIClient(BaseAddress, new ApiKeyCredential(apiKey), Options(new AzureOpenAIClientOptions(), httpClient, sdkDefaults))
            .GetChatClient(model).AsIChatClient();

    /// <inheritdoc cref="Anthropic"/>
    public IChatClient CreateAnthropicClient(
        string model = "claude-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key") =>
        Anthropic(model, httpClient, sdkDefaults, apiKey);

    /// <inheritdoc cref="OpenAIChat"/>
    public IChatClient CreateOpenAIClient(
        string model = "gpt-loopback", HttpClient? httpClient = null, bool sdkDefaults = false, string apiKey = "loopback-key") =>
        OpenAIChat(model, httpClient, sdkDefaults, apiKey);

    private Uri OpenAIAddress => new(BaseAddress, "v1");

    private ChatClient NewChatClient(string model, HttpClient? httpClient, bool sdkDefaults, string apiKey)
    {
        var options = Options(new OpenAIClientOptions { Endpoint = OpenAIAddress }, httpClient, sdkDefaults);
        return new(model, new ApiKeyCredential(apiKey), options);
    }

    private T Options<T>(T options, HttpClient? httpClient, bool sdkDefaults)
        where T : ClientPipelineOptions
    {
        if (httpClient is not null || !sdkDefaults)
        {
            options.Transport = new HttpClientPipelineTransport(httpClient ?? NewHttpClient());
        }

        if (!sdkDefaults)
        {
            options.RetryPolicy = new ClientRetryPolicy(0);
        }

        return options;
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
