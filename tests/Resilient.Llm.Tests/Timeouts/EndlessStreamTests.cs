using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Providers that go on and on without ever making anybody wait: no timer fires into such a stream.</summary>
public sealed class EndlessStreamTests
{
    private readonly LadderLab _lab = new();

    public static TheoryData<AIContent> Contentless => [new TextReasoningContent("hm "), new TextContent(string.Empty)];

    [Theory]
    [MemberData(nameof(Contentless))]
    public async Task Stream_NeverWaitsAndNeverBringsContent_IsCutOffSoonAfterItsTime(AIContent content)
    {
        LadderLab.GoOnInline();
        var client = new EndlessClient(_lab.Clock, content);
        var timed = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.FromSeconds(10) }, _lab.Clock);

        await Assert.ThrowsAsync<TimeoutException>(() => timed.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync());

        // One update takes 10 ms, and the clock is looked at every 64 of them.
        Assert.InRange(client.Updates, 1_000, 1_064);
        Assert.True(client.Token.IsCancellationRequested);
        Assert.True(client.IsDisposed);
    }

    [Fact]
    public async Task Stream_NeverWaitsAndHasContent_GoesOnPastTheTimeOfItsFirst()
    {
        LadderLab.GoOnInline();
        var client = new EndlessClient(_lab.Clock, new TextContent("a"), updates: 5_000);
        var timed = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.FromSeconds(10) }, _lab.Clock);

        var answer = await timed.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync();

        Assert.Equal(5_000, answer.Text.Length);
    }

    [Fact]
    public async Task Ladder_PrimaryReasonsForEverWithoutAWait_TheNextModelAnswers()
    {
        LadderLab.GoOnInline();
        var endless = new EndlessClient(_lab.Clock, new TextReasoningContent("hm "));
        var ladder = _lab.Builder().AddModel("endless", endless).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();

        var answer = await ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToChatResponseAsync();

        Assert.Equal("from cheaper", answer.Text);
        Assert.Equal(FailureKind.Timeout, answer.GetResilienceReport()!.Attempts[0].Failure);
    }

    private sealed class EndlessClient(Resilient.Llm.Testing.ManualTimeProvider clock, AIContent content, int updates = int.MaxValue) : IChatClient
    {
        public int Updates { get; private set; }

        public bool IsDisposed { get; private set; }

        public CancellationToken Token { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        /// <summary>Deaf to its token.</summary>
        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            try
            {
                for (; Updates < updates; Updates++)
                {
                    clock.Advance(TimeSpan.FromMilliseconds(10));
                    yield return new(ChatRole.Assistant, [content]);
                }

                yield return new() { FinishReason = ChatFinishReason.Stop };
                await Task.CompletedTask;
            }
            finally
            {
                IsDisposed = true;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
