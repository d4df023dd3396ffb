using System.Net;
using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Pipelines of the application's own stand inside our policies and cover a stream up to its first content.</summary>
public sealed class LadderPipelineTests
{
    private static readonly HttpRequestException Down = new("down", null, HttpStatusCode.InternalServerError);

    private readonly ManualTimeProvider _clock = new();

    [BothWays]
    public async Task Pipeline_Retry_AsksTheSameModelAgainWithinOneAttempt(bool streaming)
    {
        var client = ScriptedChatClient.Playing(Scripted.Throw(Down)).Then(Scripted.Answer("lost").BreakingAfter(0, Down)).Then(Scripted.Answer("a", "b"));
        using var ladder = Ladder(client, Retrying(times: 2));

        var response = await ladder.AskAsync(streaming);

        Assert.Equal("ab", response.Text);
        Assert.Equal(3, client.CallCount);
        Assert.Null(Assert.Single(response.GetResilienceReport()!.Attempts).Failure);
    }

    [Fact]
    public async Task Pipeline_StreamEndsWithoutContent_IsNotReadPastItsEnd()
    {
        var client = new OnceOverClient(new ChatResponseUpdate { Role = ChatRole.Assistant, FinishReason = ChatFinishReason.ContentFilter });
        using var ladder = new ResilientChatBuilder().WithTimeProvider(_clock).AddModel("primary", client, static model => model.WithPipeline(ResiliencePipeline.Empty)).Build();

        Assert.Equal(ChatFinishReason.ContentFilter, (await ladder.AskAsync(streaming: true)).FinishReason);
    }

    [Fact]
    public async Task Pipeline_RetryAfterFirstContent_DoesNotRepeatTheStream()
    {
        var client = ScriptedChatClient.Playing(Scripted.Answer("a", "b").BreakingAfter(1, Down)).Then(Scripted.Answer("again"));
        using var ladder = Ladder(client, Retrying(times: 2));

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => ladder.AskAsync(streaming: true));
        Assert.Equal(1, client.CallCount);
    }

    [BothWays]
    public async Task Pipeline_Timeout_StepsDown(bool streaming)
    {
        using var ladder = Ladder(ScriptedChatClient.Playing(Scripted.Hang()), TimingOut());

        var answer = ladder.AskAsync(streaming);
        _clock.Advance(TimeSpan.FromSeconds(10));

        var report = (await answer).GetResilienceReport()!;
        Assert.Equal(AnswerSource.LastResort, report.Source);
        Assert.Equal(FailureKind.Timeout, report.Attempts[0].Failure);
        Assert.Equal(TimeSpan.FromSeconds(10), report.Elapsed);
    }

    [Fact]
    public async Task Pipeline_TimeoutOfAnotherRequest_NeverCancelsAStreamThatWasHandedOver()
    {
        // Polly's token sources return to a pool, though only those on the system's clock: the second request gets the one under which the first opened its stream.
        var pipeline = new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromSeconds(1)).Build();
        var client = ScriptedChatClient.Playing(Scripted.Answer("a", "b").Paced(_clock, TimeSpan.FromSeconds(6))).Then(Scripted.Hang());
        using var ladder = Ladder(client, pipeline);
        await using var stream = ladder.GetStreamingResponseAsync("question").GetAsyncEnumerator();
        var first = stream.MoveNextAsync();
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.True(await first);

        var other = await ladder.AskAsync(streaming: false);

        Assert.Equal(FailureKind.Timeout, other.GetResilienceReport()!.Attempts[0].Failure);
        Assert.False(client.Calls[0].CancellationToken.IsCancellationRequested);
        var text = stream.Current.Text;
        while (true)
        {
            var next = stream.MoveNextAsync();
            _clock.Advance(TimeSpan.FromSeconds(6));
            if (!await next)
            {
                break;
            }

            text += stream.Current.Text;
        }

        Assert.Equal("ab", text);
    }

    private static ResiliencePipeline Retrying(int times) => new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = times, Delay = TimeSpan.Zero })
        .Build();

    private ResiliencePipeline TimingOut() => new ResiliencePipelineBuilder { TimeProvider = _clock }.AddTimeout(TimeSpan.FromSeconds(10)).Build();

    private IChatClient Ladder(ScriptedChatClient client, ResiliencePipeline pipeline) => new ResilientChatBuilder()
        .WithTimeProvider(_clock)
        .WithRetries(0)
        .WithFallback(o => o.MidStream = MidStreamPolicy.Interrupt)
        .WithTimeouts(o => o.IdleTimeout = TimeSpan.FromMinutes(10))
        .WithPipeline(pipeline)
        .AddModel("primary", client)
        .AddLastResort()
        .Build();

    /// <summary>Streams one update, and fails whoever reads on when that is over.</summary>
    private sealed class OnceOverClient(ChatResponseUpdate update) : DelegatingChatClient(new ScriptedChatClient()), IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
    {
        private int _moves;

        public ChatResponseUpdate Current => update;

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => this;

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) => this;

        public ValueTask<bool> MoveNextAsync() => ++_moves <= 2 ? new(_moves == 1) : throw new InvalidOperationException("It is over.");

        public ValueTask DisposeAsync() => default;
    }
}
