using Microsoft.Extensions.AI;
using Polly;
using Resilient.Llm.Judging;

namespace Resilient.Llm.Tests;

/// <summary>A stream that is disposed in the very moment in which its inner stream is opened: on another thread in life, from within the opening here.</summary>
public sealed class DisposedWhileOpeningTests
{
    private static readonly Dictionary<string, Func<LadderLab, IChatClient, IChatClient>> Layers = new()
    {
        ["retry"] = static (lab, c) => new RetryChatClient(c, timeProvider: lab.Clock),
        ["rate limit"] = static (lab, c) => new RateLimitChatClient(c, new() { MaxConcurrentCalls = 1 }, lab.Clock),
        ["breaker"] = static (lab, c) => new CircuitBreakerChatClient(c, timeProvider: lab.Clock),
        ["timeout"] = static (lab, c) => new TimeoutChatClient(c, timeProvider: lab.Clock),
        ["pipeline"] = static (_, c) => new PipelineChatClient(c, ResiliencePipeline.Empty),
        ["judge"] = static (_, c) => new AnswerJudgeChatClient(c, ChatFailureClassifier.Default),
        ["cache"] = static (lab, c) => new CachedAnswerChatClient(c, new() { Mode = CachedAnswerMode.ReadThrough }, lab.Clock),
    };

    public static TheoryData<string> Names => [.. Layers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Layer_DisposedWhileItOpens_TheOpenedStreamIsDisposedOnceAndTheMoveIsCancelled(string layer)
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams { Opening = _ => Leave(outer) };
        outer = Layers[layer](lab, provider).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());

        Assert.Equal(1, provider.Opened);
        provider.AssertEachDisposedOnce();
        await outer.DisposeAsync();
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Layer_DisposedBeforeItIsRead_OpensNothing(string layer)
    {
        LadderLab.GoOnInline();
        var provider = new CountingStreams();
        var outer = Layers[layer](new(), provider).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        await outer.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());

        Assert.Equal(0, provider.Opened);
    }

    [Fact]
    public async Task Retry_DisposedWhileItOpensTheSecond_BothAreDisposedOnce()
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams
        {
            Opening = number => Leave(number == 2 ? outer : null),
            Moving = static (_, _) => throw LadderLab.Status(500),
        };
        outer = new RetryChatClient(provider, timeProvider: lab.Clock).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = outer.MoveNextAsync().AsTask();

        lab.Clock.Advance(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(2, provider.Opened);
        provider.AssertEachDisposedOnce();
        Assert.Equal(0, lab.Clock.ArmedTimers);
    }

    [Fact]
    public async Task RateLimit_DisposedWhileItOpens_TheSlotIsFree()
    {
        LadderLab.GoOnInline();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams { Opening = number => Leave(number == 1 ? outer : null) };
        using var limited = new RateLimitChatClient(provider, new() { MaxConcurrentCalls = 1 }, new LadderLab().Clock);
        outer = limited.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());

        Assert.Equal(0, limited.Limiter!.InProgress);
        Assert.Equal("123", (await limited.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync()).Text);
        provider.AssertEachDisposedOnce();
    }

    [Fact]
    public async Task Breaker_ProbeDisposedWhileItOpens_ThePermitIsReturned()
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams
        {
            Opening = number => Leave(number == 2 ? outer : null),
            Moving = static (number, _) => number == 1 ? throw LadderLab.Status(500) : default,
        };
        var circuit = new CircuitBreakerChatClient(provider, new() { ConsecutiveFailures = 1 }, timeProvider: lab.Clock, randomizer: static () => 0.5);
        await Assert.ThrowsAsync<HttpRequestException>(() => circuit.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync());
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        outer = circuit.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());

        // A second probe at the same time would be refused.
        Assert.Equal("123", (await circuit.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync()).Text);
        provider.AssertEachDisposedOnce();
    }

    [Fact]
    public async Task Pipeline_DisposedWhileItsStrategyWaits_RetriesForNobody()
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        var provider = new CountingStreams { Moving = static (_, _) => throw LadderLab.Status(500) };
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = lab.Clock }.AddRetry(new() { MaxRetryAttempts = 1 }).Build();
        var outer = new PipelineChatClient(provider, pipeline).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = outer.MoveNextAsync().AsTask();
        await outer.DisposeAsync();

        lab.Clock.Advance(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(1, provider.Opened);
        provider.AssertEachDisposedOnce();
    }

    /// <summary>An enumerator must not be disposed while it moves: not even while its move is still being called.</summary>
    [Fact]
    public async Task Timeout_DisposedWhileAMoveIsBeingCalled_TheStreamIsDisposedAfterTheMove()
    {
        LadderLab.GoOnInline();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams { Entering = move => Leave(move == 2 ? outer : null) };
        outer = new TimeoutChatClient(provider, timeProvider: new LadderLab().Clock).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        Assert.True(await outer.MoveNextAsync());

        await outer.MoveNextAsync();

        provider.AssertEachDisposedOnce();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());
    }

    [Fact]
    public async Task Timeout_DisposedJustBeforeADeafMoveWaits_TheMoveIsCancelledAndTheStreamDisposedWhenItEnds()
    {
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        var end = new TaskCompletionSource();
        IAsyncEnumerator<ChatResponseUpdate>? outer = null;
        var provider = new CountingStreams
        {
            Entering = _ => Leave(outer),
            Moving = (_, _) => new(end.Task),
        };
        using var caller = new CancellationTokenSource();
        outer = new TimeoutChatClient(provider, timeProvider: lab.Clock).GetStreamingResponseAsync(LadderLab.Ask(), null, caller.Token).GetAsyncEnumerator();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => outer.MoveNextAsync().AsTask());
        Assert.Equal(0, lab.Clock.ArmedTimers);
        end.SetResult();

        provider.AssertEachDisposedOnce();
    }

    private static void Leave(IAsyncEnumerator<ChatResponseUpdate>? stream) =>
        Assert.True(stream?.DisposeAsync().AsTask().IsCompletedSuccessfully ?? true);
}
