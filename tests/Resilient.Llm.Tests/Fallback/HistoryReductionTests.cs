using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A history that is too long, with a chat reducer: who is asked with what, and what the caller is told.</summary>
public sealed class HistoryReductionTests : IDisposable
{
    private static readonly LastMessages s_lastTwo = new(2);

    private readonly LadderLab _lab = new();
    private readonly LogCapture _logs = new();

    [BothWays]
    public async Task ContextTooLong_NoLargerModel_SameEndpointAnswersLess(bool streaming)
    {
        _lab.Primary.Then(TooLong()).Then(Scripted.Answer("from less"));
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).AddLastResort());

        var response = await ladder.AskAsync(streaming, History(8));

        Assert.Equal("from less", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal((AnswerSource.Model, "primary", true, true), (report.Source, report.ServedBy, report.IsDegraded, report.WasReduced));
        Assert.Equal(
            [(AttemptRole.Ordinary, FailureKind.ContextTooLong), (AttemptRole.Reduced, default(FailureKind?))],
            report.Attempts.Where(static attempt => attempt.SkipReason is null).Select(static attempt => (attempt.Role, attempt.Failure)));
        Assert.Equal([8, 2], _lab.Primary.Calls.Select(static call => call.Messages.Count));
        Assert.Equal("message 7", _lab.Primary.Calls[1].Question);
        Assert.Equal(0, _lab.Cheaper.CallCount);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
        Assert.Contains(_logs.Entries, static entry => entry.Id == 22);
    }

    [BothWays]
    public async Task ContextTooLong_LargerModelBelow_AnswersTheWhole(bool streaming)
    {
        _lab.Primary.Always(TooLong());
        using var ladder = Windows(s_lastTwo);

        var response = await ladder.AskAsync(streaming, History(8));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal((1, 8), (_lab.Primary.CallCount, Assert.Single(_lab.Cheaper.Calls).Messages.Count));
        Assert.False(response.GetResilienceReport()!.WasReduced);
    }

    /// <summary>The larger one fails, is out of order, or refuses the history as well: then the best model answers less of it.</summary>
    [Theory]
    [BothWaysData("fails")]
    [BothWaysData("isolated")]
    [BothWaysData("too long for it as well")]
    public async Task ContextTooLong_LargerModelDoesNotAnswer_FirstEndpointAnswersLess(string larger, bool streaming)
    {
        _lab.Primary.Then(TooLong()).Then(Scripted.Answer("from less"));
        _lab.Cheaper.Always(larger == "fails" ? Scripted.Throw(LadderLab.Status(404)) : TooLong());
        using var ladder = Windows(s_lastTwo, static chat => chat.AddLastResort());
        if (larger == "isolated")
        {
            ladder.Circuit("cheaper").Isolate();
        }

        var response = await ladder.AskAsync(streaming, History(8));

        Assert.Equal("from less", response.Text);
        Assert.Equal([8, 2], _lab.Primary.Calls.Select(static call => call.Messages.Count));
        Assert.Equal(larger == "isolated" ? 0 : 1, _lab.Cheaper.CallCount);
    }

    /// <summary>A lower model's window: its answer to less is better than none of a model.</summary>
    [BothWays]
    public async Task ContextTooLong_OfALowerModel_IsReducedForIt(bool streaming)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Then(TooLong()).Then(Scripted.Answer("from less"));
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).AddLastResort());

        Assert.Equal("from less", (await ladder.AskAsync(streaming, History(8))).Text);
        Assert.Equal((1, 2), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    /// <summary>What the reducer does wrong changes nothing but the log: the refusal reaches the caller as it came.</summary>
    [Theory]
    [BothWaysData("throws")]
    [BothWaysData("throws at once")]
    [BothWaysData("returns null")]
    [BothWaysData("returns a null sequence")]
    [BothWaysData("leaves nothing")]
    [BothWaysData("leaves a null")]
    [BothWaysData("leaves all")]
    [BothWaysData("leaves more")]
    [BothWaysData("never ends")]
    public async Task Reducer_DoesNotReduce_RefusalReachesTheCaller(string fault, bool streaming)
    {
        var refusal = LadderLab.Status(413);
        _lab.Primary.Always(Scripted.Throw(refusal));
        using var ladder = Ladder(new FaultyReducer(fault), chat => chat.AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).AddLastResort());

        Assert.Same(refusal, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming, History(4))));
        Assert.Equal((1, 0), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
        Assert.DoesNotContain("secret", string.Concat(Assert.Single(_logs.Entries, static entry => entry.Id == 23).Text), StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Reducer_DoesNotReduceForALowerModel_NextStepAnswers(bool streaming)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Always(TooLong());
        using var ladder = Ladder(
            new FaultyReducer("throws"), chat => chat.AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).AddLastResort());

        Assert.Equal(AnswerSource.LastResort, (await ladder.AskAsync(streaming, History(4))).GetResilienceReport()!.Source);
        Assert.Equal(1, _lab.Cheaper.CallCount);
    }

    /// <summary>Late: it is left behind, however it takes its cancellation, and the request keeps its deadline.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task Reducer_Hangs_IsLeftBehindInTime(bool obeys, bool streaming)
    {
        var refusal = LadderLab.Status(413);
        _lab.Primary.Always(Scripted.Throw(refusal));
        using var ladder = Ladder(
            new FaultyReducer(obeys ? "hangs" : "hangs for ever"),
            chat => chat.AddModel("primary", _lab.Primary).AnswerWithin(TimeSpan.FromSeconds(10)));
        var began = _lab.Clock.GetUtcNow();

        Assert.Same(refusal, await Assert.ThrowsAsync<HttpRequestException>(() => _lab.RunAsync(ladder.AskAsync(streaming, History(4)))));
        Assert.True(_lab.Clock.GetUtcNow() - began < TimeSpan.FromSeconds(10));
    }

    [BothWays]
    public async Task Reducer_CallerCancelsMeanwhile_GetsTheCancellation(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(TooLong());
        using var ladder = Ladder(new FaultyReducer("hangs"), chat => chat.AddModel("primary", _lab.Primary).AddLastResort());
        using var source = new CancellationTokenSource();
        var asking = ladder.AskAsync(streaming, History(4), cancellationToken: source.Token);

        await source.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(source.Token, cancelled.CancellationToken);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    /// <summary>Whatever the provider refuses now, the caller knows only the whole history, and what was said about that.</summary>
    [Theory]
    [BothWaysData(413)]
    [BothWaysData(400)]
    public async Task Reduced_RefusedAgain_FirstRefusalReachesTheCaller(int second, bool streaming)
    {
        var refusal = LadderLab.Status(413);
        _lab.Primary.Then(Scripted.Throw(refusal)).Then(Scripted.Throw(LadderLab.Status(second)));
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper).AddLastResort());

        Assert.Same(refusal, await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming, History(8))));
        Assert.Equal((2, 0), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task Reduced_EndpointFailsNow_LastResortAnswers(bool streaming)
    {
        _lab.Primary.Then(TooLong()).Then(Scripted.Throw(LadderLab.Status(404)));
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary).AddLastResort());

        var report = (await ladder.AskAsync(streaming, History(8))).GetResilienceReport()!;

        Assert.Equal((AnswerSource.LastResort, false), (report.Source, report.WasReduced));
        Assert.Equal(2, _lab.Primary.CallCount);
    }

    /// <summary>A provider that holds the conversation, or a caller who wants the first model's answer to the whole or none.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task ContextTooLong_LessWouldBeAnotherRequest_IsNotReduced(bool isBound, bool streaming)
    {
        _lab.Primary.Always(TooLong());
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary));
        var options = new ResilientChatOptions { AllowFallback = isBound, ConversationId = isBound ? "conversation" : null };

        await Assert.ThrowsAnyAsync<Exception>(() => ladder.AskAsync(streaming, History(8), options));

        Assert.Equal(1, _lab.Primary.CallCount);
    }

    /// <summary>The key is the whole question's: an answer to less of it must never be given for it.</summary>
    [Theory]
    [BothWaysData(CachedAnswerMode.OnFailure)]
    [BothWaysData(CachedAnswerMode.ReadThrough)]
    public async Task Reduced_Answer_IsNotStored(CachedAnswerMode mode, bool streaming)
    {
        _lab.Primary.Then(TooLong()).Then(Scripted.Answer("from less")).Always(Scripted.Throw(LadderLab.Status(404)));
        using var ladder = Ladder(
            s_lastTwo, chat => chat.AddModel("primary", _lab.Primary).AddCachedAnswers(options => options.Mode = mode).AddLastResort());

        Assert.Equal("from less", (await ladder.AskAsync(streaming, History(8))).Text);
        Assert.Equal(AnswerSource.LastResort, (await ladder.AskAsync(streaming, History(8))).GetResilienceReport()!.Source);
    }

    [BothWays]
    public async Task Hedged_BothTooLong_FirstEndpointAnswersLess(bool streaming)
    {
        _lab.Primary.Then(TooLong().Delayed(_lab.Clock, TimeSpan.FromSeconds(3))).Then(Scripted.Answer("from less"));
        _lab.Cheaper.Always(TooLong().Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        using var ladder = Ladder(
            s_lastTwo,
            chat => chat.WithHedging(TimeSpan.FromSeconds(1)).AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, History(8)));

        Assert.Equal(["from less", "True"], [response.Text, $"{response.GetResilienceReport()!.WasReduced}"]);
    }

    /// <summary>Random ladders: less of the history is asked once at most, and only where no model answers the whole.</summary>
    [BothWays]
    public async Task RandomLadders_LessIsAskedOnceAndLast(bool streaming)
    {
        var random = new Random(20261129);
        for (var round = 0; round < 300; round++)
        {
            var models = Enumerable.Range(0, random.Next(1, 4))
                .Select(level => new Model($"m{level}", random.Next(1, 12), random.Next(3) == 0 ? null : random.Next(1, 12), random.Next(4) == 0))
                .ToArray();
            var asked = random.Next(1, 12);
            using var ladder = Ladder(new LastMessages(random.Next(1, 6)), chat =>
            {
                foreach (var model in models)
                {
                    chat.AddModel(model.Name, model, endpoint => _ = model.Declared is { } window ? endpoint.WithContextWindow(window) : endpoint);
                }
            });

            ResilienceReport? report = null;
            var failure = await Record.ExceptionAsync(async () => report = (await ladder.AskAsync(streaming, History(asked))).GetResilienceReport());

            var calls = models.SelectMany(static model => model.Asked.Select(count => (model, count))).ToArray();
            var less = calls.Where(call => call.count < asked).ToArray();
            Assert.True(less.Length <= 1);
            Assert.True(calls.Length <= models.Length + 1);
            Assert.Equal(report?.WasReduced == true, less.Length == 1 && report?.Source == AnswerSource.Model);
            Assert.True(report is not { WasReduced: true, IsDegraded: false });
            Assert.True(less.Length == 0 || calls.Any(call => call.model == less[0].model && call.count == asked));
            Assert.True(
                report is not { WasReduced: true }
                || !models.Any(model => !model.IsDown && model.Window >= asked && model.Declared > models.Where(static m => m.Asked.Count > 0).Max(static m => m.Declared ?? 99)));
            Assert.True(report is not null || failure is HttpRequestException or ChatUnavailableException);
        }
    }

    public void Dispose() => _logs.Dispose();

    private static Scripted TooLong() => Scripted.Throw(static () => LadderLab.Status(413));

    private static ChatMessage[] History(int count) =>
        [.. Enumerable.Range(0, count).Select(static i => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, $"message {i}"))];

    private IChatClient Windows(IChatReducer reducer, Action<ResilientChatBuilder>? configure = null) => Ladder(reducer, chat =>
    {
        chat.AddModel("primary", _lab.Primary, static model => model.WithContextWindow(8_000))
            .AddModel("cheaper", _lab.Cheaper, static model => model.WithContextWindow(100_000));
        configure?.Invoke(chat);
    });

    private IChatClient Ladder(IChatReducer reducer, Action<ResilientChatBuilder> configure)
    {
        var builder = _lab.Builder().WithReducer(reducer).WithRetries(0);
        configure(builder);
        return builder.Build(_logs.Services);
    }

    /// <summary>Refuses what is longer than its window, and anything while it is down.</summary>
    private sealed class Model(string name, int window, int? declared, bool isDown) : IChatClient
    {
        public string Name => name;

        public int Window => window;

        public int? Declared => declared;

        public bool IsDown => isDown;

        public List<int> Asked { get; } = [];

        public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            Asked.Add(messages.Count());
            return isDown ? throw LadderLab.Status(503)
                : Asked[^1] > window ? throw LadderLab.Status(413)
                : new(new ChatMessage(ChatRole.Assistant, "answer")) { FinishReason = ChatFinishReason.Stop };
        }

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    /// <summary>Like Microsoft's reducer by count, which is experimental still.</summary>
    private sealed class LastMessages(int count) : IChatReducer
    {
        public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<ChatMessage>>([.. messages.TakeLast(count)]);
    }

    private sealed class FaultyReducer(string fault) : IChatReducer
    {
        public Task<IEnumerable<ChatMessage>> ReduceAsync(IEnumerable<ChatMessage> messages, CancellationToken cancellationToken) => fault switch
        {
            "throws" => Task.FromException<IEnumerable<ChatMessage>>(new InvalidOperationException("secret")),
            "throws at once" => throw new InvalidOperationException("secret"),
            "returns null" => null!,
            "returns a null sequence" => Task.FromResult<IEnumerable<ChatMessage>>(null!),
            "leaves nothing" => Task.FromResult<IEnumerable<ChatMessage>>([]),
            "leaves a null" => Task.FromResult<IEnumerable<ChatMessage>>([null!]),
            "leaves all" => Task.FromResult(messages),
            "leaves more" => Task.FromResult<IEnumerable<ChatMessage>>([new(ChatRole.System, new string('x', 1_000))]),
            "never ends" => Task.FromResult(Forever()),
            "hangs" => new TaskCompletionSource<IEnumerable<ChatMessage>>().Task.WaitAsync(cancellationToken),
            _ => new TaskCompletionSource<IEnumerable<ChatMessage>>().Task,
        };

        private static IEnumerable<ChatMessage> Forever()
        {
            while (true)
            {
                yield return new(ChatRole.User, "");
            }
        }
    }

    /// <summary>An endpoint that refuses the reduced history is not sent the whole again, which it has refused before.</summary>
    [BothWays]
    public async Task ReducedHistory_Refused_WholeIsNotSentAgain(bool streaming)
    {
        _lab.Primary.Then(TooLong()).Then(Scripted.Throw(LadderLab.Status(400))).Always(TooLong());
        using var ladder = Ladder(s_lastTwo, chat => chat.AddModel("primary", _lab.Primary));
        var history = History(8);
        history[^2] = new(ChatRole.Assistant, [new TextReasoningContent("thought") { ProtectedData = "secret" }, new TextContent("text")]);

        var thrown = await Assert.ThrowsAsync<HttpRequestException>(() => ladder.AskAsync(streaming, history));

        Assert.Equal(413, (int)thrown.StatusCode!);
        Assert.Equal([8, 2], _lab.Primary.Calls.Select(static call => call.Messages.Count));
    }
}
