using Microsoft.Extensions.AI;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class StandaloneDecoratorTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [MemberData(nameof(Decorators))]
    public async Task Decorator_Alone_PassesAnAnswerOn(string name, Func<TimeProvider, IChatClient, IChatClient> decorate, bool streaming)
    {
        var client = new MiniChatClientBuilder(_lab.Primary).Use(inner => decorate(_lab.Clock, inner)).Build();
        ChatOptions options = new() { Temperature = 0.5f };

        var response = await _lab.RunAsync(client.AskAsync(streaming, options: options));

        Assert.True(response.Text == "from primary", name);
        Assert.Equal(0.5f, _lab.Primary.Calls[0].Options!.Temperature);
        Assert.Equal("primary-provider", client.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Same(client, client.GetService(client.GetType()));
        Assert.Equal(0, _lab.Primary.OpenEnumerators + _lab.Clock.ArmedTimers);
    }

    [Theory]
    [MemberData(nameof(Decorators))]
    public async Task Decorator_Alone_PassesTheCallersCancellationOn(string name, Func<TimeProvider, IChatClient, IChatClient> decorate, bool streaming)
    {
        using var caller = new CancellationTokenSource();
        _lab.Primary.Always(Scripted.Hang());
        var client = new MiniChatClientBuilder(_lab.Primary).Use(inner => decorate(_lab.Clock, inner)).Build();
        var asking = client.AskAsync(streaming, cancellationToken: caller.Token);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.NotNull(name);
    }

    public static TheoryData<string, Func<TimeProvider, IChatClient, IChatClient>, bool> Decorators()
    {
        var data = new TheoryData<string, Func<TimeProvider, IChatClient, IChatClient>, bool>();
        foreach (var streaming in new[] { false, true })
        {
            data.Add("timeout", static (clock, c) => new TimeoutChatClient(c, timeProvider: clock), streaming);
            data.Add("retry", static (clock, c) => new RetryChatClient(c, timeProvider: clock), streaming);
            data.Add("breaker", static (clock, c) => new CircuitBreakerChatClient(c, timeProvider: clock), streaming);
            data.Add("limit", static (clock, c) => new RateLimitChatClient(c, new() { MaxConcurrentCalls = 1 }, timeProvider: clock), streaming);
            data.Add("fallback", static (clock, c) => new FallbackChatClient([new("one", c)], timeProvider: clock), streaming);
            data.Add("pipeline", static (_, c) => new PipelineChatClient(c, ResiliencePipeline.Empty), streaming);
            data.Add("cache", static (clock, c) => new CachedAnswerChatClient(c, timeProvider: clock), streaming);
            data.Add("root", static (clock, c) => new ResilientChatClient(c, timeProvider: clock), streaming);
            data.Add("root and guard", static (clock, c) => new ResilientChatClient(new EndpointGuardChatClient(c, "one"), timeProvider: clock), streaming);
        }

        return data;
    }

    [BothWays]
    public async Task Retry_Alone_AsksAgainWithFreshOptionsAndMessagesReadOnce(bool streaming)
    {
        var enumerations = 0;
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)));
        var client = new RetryChatClient(_lab.Primary, timeProvider: _lab.Clock);
        var options = new ChatOptions();

        var response = await _lab.RunAsync(streaming
            ? client.GetStreamingResponseAsync(Once(), options).ToChatResponseAsync()
            : client.GetResponseAsync(Once(), options));

        Assert.Equal("from primary", response.Text);
        Assert.Equal(1, enumerations);
        Assert.NotSame(_lab.Primary.Calls[0].ReceivedOptions, _lab.Primary.Calls[1].ReceivedOptions);
        Assert.NotSame(options, _lab.Primary.Calls[0].ReceivedOptions);

        IEnumerable<ChatMessage> Once()
        {
            enumerations++;
            yield return new(ChatRole.User, "question");
        }
    }

    [BothWays]
    public async Task Breaker_Alone_OpensAndRefuses(bool streaming)
    {
        _lab.FailPrimary();
        var client = new CircuitBreakerChatClient(_lab.Primary, new() { FailureThreshold = 2, FailureRatio = 0 }, timeProvider: _lab.Clock);
        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => client.AskAsync(streaming));
        }

        await Assert.ThrowsAsync<BrokenCircuitException>(() => client.AskAsync(streaming));
        Assert.Equal(2, _lab.Primary.CallCount);
    }

    /// <summary>Without a <see cref="TimeoutChatClient"/> the caller's token reaches the client, and its exception the caller.</summary>
    [BothWays]
    public async Task Decorators_CallerCancelsAndTheClientFailsInItsOwnWay_NeitherRetryNorStepDownNorOpen(bool streaming)
    {
        var hostile = new HostileChatClient(Hostility.FailsWhenCancelled);
        var breaker = new CircuitBreakerChatClient(hostile, new() { FailureThreshold = 1, FailureRatio = 0 }, timeProvider: _lab.Clock);
        var client = new FallbackChatClient(
            [new("hostile", new RetryChatClient(breaker, timeProvider: _lab.Clock)), new("cheaper", _lab.Cheaper)], timeProvider: _lab.Clock);

        for (var call = 1; call <= 2; call++)
        {
            using var caller = new CancellationTokenSource();
            var asking = client.AskAsync(streaming, cancellationToken: caller.Token);
            await caller.CancelAsync();

            await Assert.ThrowsAsync<InvalidOperationException>(() => asking);
            Assert.Equal((call, 0), (hostile.Calls, _lab.Cheaper.CallCount));
        }

        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [BothWays]
    public async Task Fallback_Alone_StepsDownToTheLastResort(bool streaming)
    {
        _lab.FailPrimary();
        var client = new FallbackChatClient(
            [new("primary", _lab.Primary), new("hostile", new HostileChatClient(Hostility.ThrowsAtOnce)), new("last", new LastResortChatClient(timeProvider: _lab.Clock))],
            timeProvider: _lab.Clock);

        Assert.NotEmpty((await client.AskAsync(streaming)).Text);
    }

    [Theory]
    [InlineData(Hostility.DisposeHangs)]
    [InlineData(Hostility.DisposeThrows)]
    public async Task Fallback_Alone_ABadDisposalDoesNotKeepTheNextFromTakingOver(Hostility hostility)
    {
        var client = new FallbackChatClient([new("hostile", new HostileChatClient(hostility)), new("cheaper", _lab.Cheaper)], timeProvider: _lab.Clock);

        Assert.Equal("from cheaper", (await client.AskAsync(streaming: true)).Text);
    }

    [BothWays]
    public async Task Pipeline_Alone_PollysRetryCoversTheWayToTheFirstContent(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500))).Then(Scripted.Answer("x").BreakingAfter(0, LadderLab.Status(500)));
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = _lab.Clock }
            .AddRetry(new RetryStrategyOptions { Delay = TimeSpan.FromSeconds(1) }).Build();

        var response = await _lab.RunAsync(new PipelineChatClient(_lab.Primary, pipeline).AskAsync(streaming));

        Assert.Equal(("from primary", 3), (response.Text, _lab.Primary.CallCount));
        Assert.Equal(0, _lab.Primary.OpenEnumerators);
    }

    [BothWays]
    public async Task Pipeline_InALadder_ATimeoutOfPollysStepsDown(bool streaming)
    {
        _lab.Primary.Always(Scripted.Hang());
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = _lab.Clock }.AddTimeout(TimeSpan.FromSeconds(3)).Build();
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.WithPipeline(pipeline)).AddModel("cheaper", _lab.Cheaper).Build();

        var report = (await _lab.RunAsync(ladder.AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal(("cheaper", TimeSpan.FromSeconds(3)), (report.ServedBy, report.Elapsed));
        Assert.Equal(FailureKind.Timeout, report.Attempts[0].Failure);
    }

    [Fact]
    public async Task Pipeline_Stream_NeverKeepsThePipelinesToken()
    {
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = _lab.Clock }.AddTimeout(TimeSpan.FromSeconds(3)).Build();
        _lab.Primary.Always(Scripted.Answer("a", "b", "c").Paced(_lab.Clock, TimeSpan.FromSeconds(2)));

        var response = await _lab.RunAsync(new PipelineChatClient(_lab.Primary, pipeline).AskAsync(streaming: true));

        Assert.Equal("abc", response.Text);
    }

    [BothWays]
    public async Task LastResort_Alone_Answers(bool streaming) =>
        Assert.NotEmpty((await new LastResortChatClient(timeProvider: _lab.Clock).AskAsync(streaming)).Text);

    [BothWays]
    public async Task Guard_Alone_RefusesOptionsWithoutAContext(bool streaming)
    {
        using var guard = new EndpointGuardChatClient(_lab.Primary, "one");

        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => guard.AskAsync(streaming, options: new ChatOptions()));
        Assert.Equal(0, _lab.Primary.CallCount);
    }
}
