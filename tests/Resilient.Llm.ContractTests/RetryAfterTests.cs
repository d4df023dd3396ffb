using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

public sealed class RetryAfterTests : IDisposable
{
    private static readonly TimeSpan s_asked = TimeSpan.FromSeconds(60);

    // The exceptions of Anthropic and OllamaSharp do not show the header: a handler in the SDK's HTTP client does.
    private readonly List<HttpClient> _https = [];
    private readonly HttpClient _http = new(new RetryAfterHandler(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }));

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RateLimited_WithRetryAfter_LeavesTheEndpointAloneForThatLong(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.RateLimited(s_asked));
        var ladder = providers.Ladder(
            ladder => ladder.WithRandomizer(static () => 0),
            primaryClient: providers.Primary.Client(primary, HttpFor(primary)));

        var first = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(FailureKind.RateLimited, first.Report!.Attempts[0].Failure);
        Assert.True(providers.PrimaryCircuit.IsCoolingDown);
        Assert.Equal(0, providers.PrimaryCircuit.Counts.Failures);
        Assert.InRange(providers.PrimaryCircuit.ReopensIn!.Value, s_asked / 2, s_asked);

        var second = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TwoProviders.FallbackText, second.Text);
        Assert.Equal((FailureKind.Rejected, "rate limited"), (second.Report!.Attempts[0].Failure, second.Report.Attempts[0].SkipReason));
        Assert.Equal((1, 2), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    /// <summary>The documented limit: without the handler a 429 of Anthropic is a failure like others.</summary>
    [BothWays]
    public async Task RateLimited_AnthropicWithoutHandler_CountsAsFailure(bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(WireProtocol.Anthropic, Script.RateLimited(s_asked));
        var ladder = providers.Ladder();

        await Heard.FromAsync(ladder, streaming);

        Assert.False(providers.PrimaryCircuit.IsCoolingDown);
        Assert.Equal(1, providers.PrimaryCircuit.Counts.Failures);
    }

    /// <summary>One HTTP client may serve many: a header reaches the call that it answered and no other.</summary>
    [Fact]
    public async Task RateLimited_BesideAnotherCallOfTheSameHttpClient_ConcernsOnlyItsOwn()
    {
        await using var providers = await TwoProviders.StartAsync(WireProtocol.Anthropic, Script.RateLimited(s_asked));
        var refused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var failing = Script.ServerError() with { HeldUntil = refused.Task };
        await using var other = await TwoProviders.StartAsync(WireProtocol.Anthropic, failing);
        var ladder = providers.Ladder(primaryClient: providers.Primary.Client(WireProtocol.Anthropic, _http));
        var otherLadder = other.Ladder(primaryClient: other.Primary.Client(WireProtocol.Anthropic, _http));

        var otherCall = Heard.FromAsync(otherLadder, streaming: false);
        await other.Primary.WhenCalledAsync().Soon();
        await Heard.FromAsync(ladder, streaming: false);
        refused.SetResult();
        await otherCall;

        Assert.True(providers.PrimaryCircuit.IsCoolingDown);
        Assert.False(other.PrimaryCircuit.IsCoolingDown);
        Assert.Equal(1, other.PrimaryCircuit.Counts.Failures);
    }

    /// <summary>Nobody below could take over, and the wait is short: it is waited for.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RateLimited_OnlyModelAndShortRetryAfter_IsAskedAgain(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync("One two.");
        provider.Enqueue(Script.RateLimited(TimeSpan.FromSeconds(1)));
        using var ladder = new ResilientChatBuilder()
            .AddModel("only", provider.Client(protocol, HttpFor(protocol)))
            .WithRetries(1)
            .WithRandomizer(static () => 0)
            .Build();

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Null(heard.Exception);
        Assert.Equal("One two.", heard.Text);
        Assert.Equal(2, provider.Calls);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task RateLimited_EverywhereForLong_TellsTheCallerWhenToComeBack(WireProtocol protocol, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(WireProtocol.Anthropic, Script.RateLimited(s_asked));
        providers.Fallback.Behavior = Script.RateLimited(s_asked / 2);
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", providers.Primary.Client(protocol, HttpFor(protocol)))
            .AddModel("fallback", providers.Fallback.Client(protocol, HttpFor(protocol)))
            .Build();

        var called = Assert.IsType<ChatUnavailableException>((await Heard.FromAsync(ladder, streaming)).Exception);
        var skipped = Assert.IsType<ChatUnavailableException>((await Heard.FromAsync(ladder, streaming)).Exception);

        Assert.Equal(s_asked / 2, called.RetryAfter);
        Assert.InRange(skipped.RetryAfter!.Value, s_asked / 4, s_asked * 0.6);
        Assert.Equal((1, 1), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    public void Dispose()
    {
        _http.Dispose();
        _https.ForEach(static http => http.Dispose());
    }

    /// <summary>One for each client: OllamaSharp's has an address.</summary>
    private HttpClient? HttpFor(WireProtocol protocol)
    {
        if (protocol is not (WireProtocol.Anthropic or WireProtocol.Ollama))
        {
            return null;
        }

        var http = new HttpClient(new RetryAfterHandler(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }));
        _https.Add(http);
        return http;
    }
}
