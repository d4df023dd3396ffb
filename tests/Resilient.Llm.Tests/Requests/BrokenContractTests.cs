using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Clients and application code that break their contract: null answers, malformed answers, reused exceptions, code that throws.</summary>
public sealed class BrokenContractTests
{
    private const string KindKey = "kind";

    private readonly LadderLab _lab = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RateLimit_ClientAnswersNull_SlotIsReturned(bool isPending)
    {
        LadderLab.GoOnInline();
        var answer = new TaskCompletionSource<ChatResponse>();
        using var client = new RateLimitChatClient(
            new AnsweringClient(_lab.Primary, () => answer.Task), new() { MaxConcurrentCalls = 1, TokensPerMinute = 10_000 }, _lab.Clock);
        if (!isPending)
        {
            answer.SetResult(null!);
        }

        var call = client.GetResponseAsync(LadderLab.Ask());
        answer.TrySetResult(null!);

        Assert.Null(await call);
        Assert.Equal(0, client.Limiter!.InProgress);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fallback_ClientAboveTheJudgeAnswersNull_NextStepAnswers(bool isPending)
    {
        var broken = new AnsweringClient(new RetryChatClient(_lab.Primary), () => Later<ChatResponse>(null!, isPending));
        var ladder = new FallbackChatClient([new("primary", broken), new("cheaper", _lab.Cheaper)]);

        Assert.Equal("from cheaper", (await ladder.GetResponseAsync(LadderLab.Ask())).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Root_ClientBelowAnswersNull_ThrowsAsFailure(bool isPending)
    {
        using var client = new ResilientChatClient(new AnsweringClient(_lab.Primary, () => Later<ChatResponse>(null!, isPending)));

        var failure = await Assert.ThrowsAsync<ChatAnswerRejectedException>(() => client.GetResponseAsync(LadderLab.Ask()));

        Assert.Equal(FailureKind.InvalidResponse, failure.Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fallback_MalformedAnswer_NextStepAnswers(bool isPending)
    {
        var broken = new AnsweringClient(_lab.Primary, () => Later(new ChatResponse([null!]), isPending));
        var ladder = new FallbackChatClient([new("primary", broken), new("cheaper", _lab.Cheaper)]);

        Assert.Equal("from cheaper", (await ladder.GetResponseAsync(LadderLab.Ask())).Text);
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Ladder_RandomizerThrowsInARetry_NextModelAnswers(bool isHedged, bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(503));
        var ladder = _lab.Models(chat =>
        {
            chat.WithRandomizer(static () => throw new InvalidOperationException("no random numbers"));
            if (isHedged)
            {
                chat.WithHedging(TimeSpan.FromSeconds(5));
            }
        });

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);
    }

    [BothWays]
    public async Task Cover_ApplicationCodeThrowsBeforeTheCall_StoredAnswerIsServed(bool streaming)
    {
        var estimates = 0;
        var limited = new RateLimitChatClient(
            _lab.Primary,
            new() { TokensPerMinute = 10_000, EstimateTokens = (_, _) => ++estimates == 1 ? 1 : throw new InvalidOperationException("no estimate") },
            _lab.Clock);
        using var client = new CachedAnswerChatClient(limited, null, _lab.Clock);

        await client.AskAsync(streaming);

        Assert.Equal("from primary", (await client.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task Fallback_SameExceptionMeansSomethingElseTheSecondTime_ReportsBoth(bool streaming)
    {
        var shared = new InvalidOperationException("shared");
        var ladder = new FallbackChatClient(
            [
                new("primary", new SharedExceptionClient(shared, FailureKind.ServerError)),
                new("cheaper", new SharedExceptionClient(shared, FailureKind.Unauthorized)),
            ],
            classifier: ByData());

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal([FailureKind.ServerError, FailureKind.Unauthorized], failure.Report.Attempts.Select(static a => a.Failure!.Value));
    }

    [BothWays]
    public async Task Retry_SameExceptionMeansSomethingElseTheSecondTime_IsNotRetriedAgain(bool streaming)
    {
        var shared = new InvalidOperationException("shared");
        var model = new SharedExceptionClient(shared, FailureKind.ServerError, FailureKind.Unauthorized);
        using var client = new RetryChatClient(model, new() { MaxRetries = 5 }, ByData(), _lab.Clock);

        Assert.Same(shared, await Assert.ThrowsAsync<InvalidOperationException>(() => _lab.RunAsync(client.AskAsync(streaming))));

        Assert.Equal(2, model.Calls);
    }

    private static ChatFailureClassifier ByData()
    {
        var options = new ChatFailureOptions();
        options.Extractors.Add(static e => e.Data[KindKey] is FailureKind kind ? new(kind, null, e) : null);
        return new(options);
    }

    private static async Task<T> Later<T>(T value, bool isPending)
    {
        if (isPending)
        {
            await Task.Yield();
        }

        return value;
    }

    private sealed class AnsweringClient(IChatClient inner, Func<Task<ChatResponse>> answer) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => answer();
    }

    private sealed class SharedExceptionClient(Exception shared, params FailureKind[] kinds) : IChatClient
    {
        public int Calls { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw Next();

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            if (Calls >= 0)
            {
                throw Next();
            }

            yield break;
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }

        private Exception Next()
        {
            shared.Data[KindKey] = kinds[Math.Min(Calls++, kinds.Length - 1)];
            return shared;
        }
    }
}
