using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

public class LoopbackProviderTests
{
    [Fact]
    public async Task Enqueue_ScriptsAreUsedOnceThenBehaviorApplies()
    {
        await using var provider = await LoopbackProvider.StartAsync("usual");
        provider.Enqueue(Script.ServerError(), Script.Answer("second"));
        var client = provider.CreateOpenAIClient();

        Assert.NotNull(await Record.ExceptionAsync(() => client.GetResponseAsync("1")));
        Assert.Equal("second", (await client.GetResponseAsync("2")).Text);
        Assert.Equal("usual", (await client.GetResponseAsync("3")).Text);
        provider.Behavior = Script.Answer("changed");
        Assert.Equal("changed", (await client.GetResponseAsync("4")).Text);
        Assert.Equal(4, provider.Calls);
    }

    [Fact]
    public async Task Respond_DecidesPerRequestUntilBehaviorIsSet()
    {
        await using var provider = await LoopbackProvider.StartAsync();
        provider.Respond(request => Script.Answer($"{request.Protocol} heard {request.LastText}"));

        Assert.Equal("Anthropic heard one", (await provider.CreateAnthropicClient().GetResponseAsync("one")).Text);
        Assert.Equal("OpenAI heard two", (await provider.CreateOpenAIClient().GetResponseAsync("two")).Text);
        provider.Behavior = Script.Answer("fixed");
        Assert.Equal("fixed", (await provider.CreateOpenAIClient().GetResponseAsync("three")).Text);
    }

    [Fact]
    public async Task Requests_RecordWhatWasSent()
    {
        await using var provider = await LoopbackProvider.StartAsync();
        await provider.CreateAnthropicClient("claude-x", apiKey: "key-a").GetResponseAsync("Hi");
        await foreach (var _ in provider.CreateOpenAIClient("gpt-x", apiKey: "key-o").GetStreamingResponseAsync("Hi"))
        {
        }

        Assert.Equal(
            [(1, WireProtocol.Anthropic, "claude-x", "key-a", false), (2, WireProtocol.OpenAI, "gpt-x", "key-o", true)],
            provider.Requests.Select(r => (r.Number, r.Protocol, r.Model, r.ApiKey!, r.IsStreaming)));
    }

    [Fact]
    public async Task HeldUntil_NothingComesBeforeTheTaskCompletes()
    {
        await using var provider = await LoopbackProvider.StartAsync();
        var release = new TaskCompletionSource();
        provider.Behavior = Script.Answer("late") with { HeldUntil = release.Task };
        var call = provider.CreateAnthropicClient().GetResponseAsync("Hi");
        await provider.WhenCalledAsync().Soon();
        Assert.False(call.IsCompleted);

        release.SetResult();

        Assert.Equal("late", (await call).Text);
    }

    [Fact]
    public async Task SdkDefaults_KeepTheSdksOwnRetries()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ServerError());

        await Assert.ThrowsAnyAsync<Exception>(() => provider.CreateOpenAIClient().GetResponseAsync("Hi"));
        Assert.Equal(1, provider.Calls);
        await Assert.ThrowsAnyAsync<Exception>(() => provider.CreateOpenAIClient(sdkDefaults: true).GetResponseAsync("Hi"));
        Assert.Equal(1 + 4, provider.Calls);
    }

    [Fact]
    public async Task ManyStreams_AtOnce_AreAllServed()
    {
        await using var provider = await LoopbackProvider.StartAsync("One two three.");
        var start = new TaskCompletionSource();
        provider.Behavior = provider.Behavior with { HeldUntil = start.Task };
        var client = provider.CreateOpenAIClient();
        var calls = Enumerable.Range(0, 500).Select(_ => client.GetStreamingResponseAsync("Hi").ToChatResponseAsync()).ToList();
        await provider.WhenCalledAsync(500).Soon();
        Assert.Equal(500, provider.InFlight);

        start.SetResult();

        Assert.All(await Task.WhenAll(calls), response => Assert.Equal("One two three.", response.Text));
    }

    [Fact]
    public async Task UnknownPath_Is404()
    {
        await using var provider = await LoopbackProvider.StartAsync();
        using var http = new HttpClient();

        using var response = await http.GetAsync(new Uri(provider.BaseAddress, "v1/models"));

        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(0, provider.Calls);
    }
}
