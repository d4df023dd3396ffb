using System.Net;
using System.Text;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary><c>new HttpClient(new ProviderHttpHandler())</c> below the official SDKs, over real sockets.</summary>
public sealed class ProviderHttpHandlerTests : IDisposable
{
    private const string Secret = "confidential-question";

    private static readonly WireProtocol[] s_protocols = [WireProtocol.Anthropic, WireProtocol.OpenAI, WireProtocol.Ollama, WireProtocol.Azure];

    private readonly HttpClient _http = new(new ProviderHttpHandler());

    public static TheoryData<WireProtocol, int, bool> Redirects => Rows(301, 302, 303, 307, 308);

    public static TheoryData<WireProtocol, int, bool> Waits => Rows(408, 429, 500, 502, 503, 524);

    /// <summary>The request holds the user's data: the other host gets nothing, another model answers, and the endpoint is to blame.</summary>
    [Theory]
    [MemberData(nameof(Redirects))]
    public async Task Redirect_ToAnotherPort_IsRefusedAndSteppedDown(WireProtocol protocol, int status, bool streaming)
    {
        await using var elsewhere = await LoopbackProvider.StartAsync("Stolen.");
        await using var provider = await LoopbackProvider.StartAsync(Redirect(status, new Uri(elsewhere.BaseAddress, PathOf(protocol)).ToString()));
        await using var fallback = await LoopbackProvider.StartAsync("The fallback answers.");
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", provider.CreateClient(protocol, _http))
            .AddModel("fallback", fallback.CreateClient(WireProtocol.Anthropic))
            .Build();

        var heard = await Heard.FromAsync(ladder, streaming, question: Secret);

        Assert.Equal("The fallback answers.", heard.Text);
        Assert.Equal(FailureKind.ModelUnavailable, heard.Report!.Attempts[0].Failure);
        Assert.Equal((1, 0), (provider.Calls, elsewhere.Calls));
        Assert.Equal(1, ladder.GetRequiredService<ChatCircuits>().Get("primary").Counts.Failures);
    }

    /// <summary>Scheme, host and port; and what only looks like the same place.</summary>
    [Theory]
    [InlineData("https://127.0.0.1:{0}/v1/messages")]
    [InlineData("http://localhost:{0}/v1/messages")]
    [InlineData("http://127.0.0.1:1/v1/messages")]
    [InlineData("//evil.example/v1/messages")]
    [InlineData("http://127.0.0.1:{0}@evil.example/v1/messages")]
    [InlineData("http://127.0.0.2:{0}/")]
    [InlineData("ftp://127.0.0.1:{0}/")]
    [InlineData("http://evil.example")]
    public async Task Redirect_ToAnotherOrigin_ThrowsWithTheStatus(string location)
    {
        await using var provider = await LoopbackProvider.StartAsync("unused");
        provider.Behavior = Redirect(307, string.Format(null, CompositeFormat.Parse(location), provider.BaseAddress.Port));

        var exception = await Assert.ThrowsAsync<HttpRequestException>(
            () => _http.PostAsync(new Uri(provider.BaseAddress, "/v1/messages"), Body()));

        Assert.Equal(HttpStatusCode.TemporaryRedirect, exception.StatusCode);
        Assert.Equal(FailureKind.ModelUnavailable, ChatFailureClassifier.Default.Classify(exception).Kind);
        Assert.DoesNotContain("evil", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task Redirect_RandomOrigins_AreFollowedOnlyIfTheyAreTheSame()
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");
        var random = new Random(20261129);
        for (var round = 0; round < 60; round++)
        {
            string scheme = random.Next(3) == 0 ? "HTTP" : random.Next(2) == 0 ? "http" : "https";
            string host = random.Next(3) switch { 0 => "127.0.0.1", 1 => "127.0.0.3", _ => "localhost" };
            var port = random.Next(2) == 0 ? provider.BaseAddress.Port : random.Next(1, 65_535);
            var isSame = scheme != "https" && host == "127.0.0.1" && port == provider.BaseAddress.Port;
            provider.Enqueue(Redirect(random.Next(2) == 0 ? 307 : 308, $"{scheme}://{host}:{port}/v1/messages"));
            var before = provider.Calls;

            var exception = await Record.ExceptionAsync(
                async () => (await _http.PostAsync(new Uri(provider.BaseAddress, "/v1/messages"), Body())).Dispose());

            Assert.Equal(isSame ? null : typeof(HttpRequestException), exception?.GetType());
            Assert.Equal(before + (isSame ? 2 : 1), provider.Calls);
        }
    }

    /// <summary>A gateway that adds a slash or moves a path keeps working: 307 and 308 keep method and body.</summary>
    [Theory]
    [MemberData(nameof(Kept))]
    public async Task Redirect_WithinTheOrigin_IsFollowedWithTheBody(WireProtocol protocol, int status, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello.");
        using var client = provider.CreateClient(protocol, _http);
        await Heard.FromAsync(client, streaming, question: Secret);
        var path = provider.Requests[^1].Path;
        provider.Enqueue(Redirect(status, path + provider.Requests[^1].Query));

        var heard = await Heard.FromAsync(client, streaming, question: Secret);

        Assert.Null(heard.Exception);
        Assert.Equal("Hello.", heard.Text);
        Assert.Equal(3, provider.Calls);
        Assert.Equal(provider.Requests[^2].RawBody, provider.Requests[^1].RawBody);
        Assert.Contains(Secret, provider.Requests[^1].RawBody, StringComparison.Ordinal);
    }

    public static TheoryData<WireProtocol, int, bool> Kept => Rows(307, 308);

    /// <summary>After 301, 302 and 303 a POST becomes a GET without a body, as everywhere in .NET.</summary>
    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    public async Task Redirect_OfAPostByAnOldStatus_BecomesAGet(int status)
    {
        using var server = new RawServer(status, "/elsewhere");

        using var response = await _http.PostAsync(server.Address, new StringContent(Secret));

        Assert.Equal(["POST / HTTP/1.1", "GET /elsewhere HTTP/1.1"], server.RequestLines);
        Assert.DoesNotContain(Secret, server.Heads[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_InCircles_IsCountedAndRefused()
    {
        await using var provider = await LoopbackProvider.StartAsync(Redirect(307, "/v1/messages"));

        var exception = await Assert.ThrowsAsync<HttpRequestException>(
            () => _http.PostAsync(new Uri(provider.BaseAddress, "/v1/messages"), Body()));

        Assert.Equal(HttpStatusCode.TemporaryRedirect, exception.StatusCode);
        Assert.Equal(6, provider.Calls);
    }

    /// <summary>Configuring the sockets cannot switch redirects on by accident.</summary>
    [Fact]
    public async Task Redirect_SwitchedOnInTheConfiguration_StaysRefused()
    {
        await using var elsewhere = await LoopbackProvider.StartAsync("Stolen.");
        await using var provider = await LoopbackProvider.StartAsync(Redirect(307, elsewhere.BaseAddress.ToString()));
        using var http = new HttpClient(new ProviderHttpHandler(static sockets => sockets.AllowAutoRedirect = true));

        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync(new Uri(provider.BaseAddress, "/v1/messages"), Body()));
        Assert.Throws<HttpRequestException>(() => http.Send(new(HttpMethod.Post, new Uri(provider.BaseAddress, "/v1/messages")) { Content = Body() }));

        Assert.Equal(0, elsewhere.Calls);
    }

    /// <summary>Anthropic's and Ollama's exceptions hide headers; a repeated one is read as the proxies meant it.</summary>
    [Theory]
    [MemberData(nameof(Waits))]
    public async Task RetryAfter_RepeatedOnAnyFailure_ReachesTheCaller(WireProtocol protocol, int status, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(
            Script.Status(status) with { Headers = [("Retry-After", "soon"), ("Retry-After", "37")] });
        using var ladder = new ResilientChatBuilder()
            .WithRetries(0)
            .AddModel("only", provider.CreateClient(protocol, _http))
            .Build();

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TimeSpan.FromSeconds(37), Assert.IsType<ChatUnavailableException>(heard.Exception).RetryAfter);
    }

    public void Dispose() => _http.Dispose();

    private static Script Redirect(int status, string location) => Script.Status(status, body: "") with { Headers = [("Location", location)] };

    /// <summary>Where a provider of that protocol would answer, if it were asked.</summary>
    private static string PathOf(WireProtocol protocol) => protocol switch
    {
        WireProtocol.Anthropic => "/v1/messages",
        WireProtocol.OpenAI => "/v1/chat/completions",
        WireProtocol.Ollama => "/api/chat",
        _ => "/openai/deployments/gpt-azure/chat/completions",
    };

    private static StringContent Body() =>
        new("""{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""", Encoding.UTF8, "application/json");

    private static TheoryData<WireProtocol, int, bool> Rows(params int[] statuses)
    {
        var rows = new TheoryData<WireProtocol, int, bool>();
        foreach (var protocol in s_protocols)
        {
            foreach (var status in statuses)
            {
                rows.Add(protocol, status, false);
                rows.Add(protocol, status, true);
            }
        }

        return rows;
    }
}
