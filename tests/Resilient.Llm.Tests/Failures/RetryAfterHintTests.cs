using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Microsoft.Extensions.AI;
using OllamaSharp;
using OpenAI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Users of SDKs that hide Retry-After cannot know it: the log says so, once.</summary>
public sealed class RetryAfterHintTests
{
    [Theory]
    [BothWaysData("anthropic", false, 1)]
    [BothWaysData("ollama", false, 1)]
    [BothWaysData("openai", false, 0)]
    [BothWaysData("anthropic", true, 0)]
    [BothWaysData("ollama", true, 0)]
    public async Task RateLimited_HeadersHidden_AreHintedAtOnceForEachEndpoint(string sdk, bool handled, int hints, bool streaming)
    {
        using var logs = new LogCapture();
        using var ladder = new ResilientChatBuilder()
            .WithRetries(0)
            .AddModel("first", Client(sdk, handled))
            .AddModel("second", Client(sdk, handled))
            .Build(logs.Services);

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));
        }

        string[] said = [.. logs.Entries.Where(static entry => entry.Id == 21).Select(static entry => entry.Message)];
        Assert.Equal(hints * 2, said.Length);
        Assert.Equal(hints, said.Count(static message => message.Contains("first", StringComparison.Ordinal)));
        Assert.All(said, static message => Assert.Contains("ProviderHttpHandler", message, StringComparison.Ordinal));
    }

    /// <summary>Not for other failures, nor where nothing over HTTP was called.</summary>
    [BothWays]
    public async Task Failed_WithoutARateLimit_IsNotHintedAt(bool streaming)
    {
        using var logs = new LogCapture();
        using var ladder = new ResilientChatBuilder()
            .WithRetries(0)
            .AddModel("first", ScriptedChatClient.Throwing(LadderLab.Status(503)))
            .AddModel("second", ScriptedChatClient.Throwing(LadderLab.RateLimited(TimeSpan.FromSeconds(1))))
            .Build(logs.Services);

        await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.DoesNotContain(logs.Entries, static entry => entry.Id == 21);
    }

    private static IChatClient Client(string sdk, bool handled)
    {
        HttpMessageHandler stub = new StubHandler(429, """{"error":"too many"}""");
        var http = new HttpClient(handled ? new RetryAfterHandler(stub) : stub) { BaseAddress = new("http://localhost") };
        return sdk switch
        {
            "anthropic" => new AnthropicClient { ApiKey = "key", HttpClient = http, MaxRetries = 0 }.AsIChatClient("m"),
            "ollama" => new OllamaApiClient(http, "m"),
            _ => new SdkChatClient(http),
        };
    }

    /// <summary>OpenAI's SDK without an adapter: its exception is what counts.</summary>
    private sealed class SdkChatClient(HttpClient http) : DelegatingChatClient(ScriptedChatClient.Answering("unused"))
    {
        private readonly OpenAIClient _client = new(
            new ApiKeyCredential("key"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http), RetryPolicy = new ClientRetryPolicy(0) });

        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            await _client.GetChatClient("m").CompleteChatAsync("Hi");
            return new();
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await GetResponseAsync(messages, options, cancellationToken);
            yield break;
        }
    }
}
