using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>Identical questions asked at the same time, in read-through mode.</summary>
public class SharedCallTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "q")];
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource<ChatResponse> _upstream = new();

    [Fact]
    public async Task Plain_AThousandAtOnce_MakeOneUpstreamCallAndGetAnAnswerEach()
    {
        Asking.DriveClockByHand();
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = Client(model);
        var asks = Enumerable.Range(0, 1000).Select(_ => client.GetResponseAsync(Question)).ToArray();

        _upstream.SetResult(Answers.Text("42"));

        Assert.All(asks, static ask => Assert.True(ask.IsCompletedSuccessfully, "Nobody should need the thread pool."));
        var responses = await Task.WhenAll(asks);
        Assert.All(responses, static response => Assert.Equal("42", response.Text));
        Assert.Equal(1000, responses.Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.Equal(1000, responses.Select(static r => r.Messages[0]).Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Plain_DeadlineBeyondEveryTimer_IsSharedAllTheSame()
    {
        Asking.DriveClockByHand();
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = InLadder(model);
        var asks = Enumerable.Range(0, 2).Select(_ => client.GetResponseAsync(Question, Tests.Caching.Ladder.Context(_time, within: TimeSpan.FromDays(60)).Options)).ToArray();

        _upstream.SetResult(Answers.Text("42"));

        Assert.All(await Task.WhenAll(asks), static response => Assert.Equal("42", response.Text));
        Assert.Equal(1, model.Calls);
    }

    [Fact]
    public async Task Plain_ListThatCannotBeReadTwice_FailsRatherThanHangs()
    {
        Asking.DriveClockByHand();
        using var client = Client(new FakeChatClient("42"));

        var ask = client.GetResponseAsync(new IndexOnlyList());

        Assert.True(ask.IsCompleted, "The call never landed.");
        await Assert.ThrowsAsync<NotSupportedException>(() => ask);
    }

    [Fact]
    public async Task Plain_EachCallerAsksAgainFromItsContinuation_StackHolds()
    {
        Asking.DriveClockByHand();

        // Never stored, so that every round begins a new call from within the release of the last.
        var model = new FakeChatClient(call => call.Number == 1 ? _upstream.Task : Task.FromResult(Answers.Text("42", ChatFinishReason.Length)));
        using var client = Client(model);
        async Task AskTwiceAsync()
        {
            await client.GetResponseAsync(Question).ConfigureAwait(false);
            await client.GetResponseAsync(Question).ConfigureAwait(false);
        }

        var asks = Enumerable.Range(0, 20_000).Select(_ => AskTwiceAsync()).ToArray();
        _upstream.SetResult(Answers.Text("42", ChatFinishReason.Length));

        await Task.WhenAll(asks);
        Assert.Equal(20_001, model.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    public async Task Plain_OneCallerCancels_OthersAreAnswered(int leaver)
    {
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = Client(model);
        using var cancel = new CancellationTokenSource();
        var asks = Enumerable.Range(0, 10).Select(i => client.GetResponseAsync(Question, null, i == leaver ? cancel.Token : default)).ToArray();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asks[leaver]);
        Assert.False(model.Last!.Token.IsCancellationRequested);
        _upstream.SetResult(Answers.Text("42"));

        for (var i = 0; i < asks.Length; i++)
        {
            if (i != leaver)
            {
                Assert.Equal("42", (await asks[i]).Text);
            }
        }
    }

    [Fact]
    public async Task Plain_LastCallerLeaves_UpstreamIsCancelledAndTheNextCallerBeginsAnew()
    {
        var model = new FakeChatClient(call => call.Number == 1 ? _upstream.Task.WaitAsync(call.Token) : Task.FromResult(Answers.Text("42")));
        using var client = Client(model);
        using var cancel = new CancellationTokenSource();
        var asks = Enumerable.Range(0, 10).Select(_ => client.GetResponseAsync(Question, null, cancel.Token)).ToArray();

        await cancel.CancelAsync();

        Assert.True(model.Last!.Token.IsCancellationRequested);
        foreach (var ask in asks)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask);
        }

        Assert.Equal("42", (await client.GetResponseAsync(Question)).Text);
        Assert.Equal(2, model.Calls);
    }

    [Fact]
    public async Task Plain_CallFails_EachWaiterGoesDownItsOwnLadderOnce()
    {
        var model = new FakeChatClient(call => call.Number == 1 ? _upstream.Task : call.Number % 2 == 0 ? Task.FromResult(Answers.Text("42")) : Answers.Fail());
        using var client = Client(model);
        var asks = Enumerable.Range(0, 5).Select(_ => client.GetResponseAsync(Question)).ToArray();

        _upstream.SetException(new HttpRequestException("down"));

        var failed = 0;
        foreach (var ask in asks)
        {
            try
            {
                Assert.Equal("42", (await ask).Text);
            }
            catch (HttpRequestException)
            {
                failed++;
            }
        }

        // The one that began the call has been down its ladder; the other four ask for themselves: calls 2 to 5.
        Assert.Equal(5, model.Calls);
        Assert.Equal(3, failed);
    }

    [Theory]
    [InlineData(AnswerSource.LastResort)]
    [InlineData(AnswerSource.Cache)]
    public async Task Plain_CallEndsBelowTheModels_OnlyItsBeginnerTakesThatAnswer(AnswerSource source)
    {
        var gate = new TaskCompletionSource();
        var model = new FakeChatClient(async call =>
        {
            if (call.Number > 1)
            {
                return Answers.Text("42");
            }

            await gate.Task;
            return await Ladder.Answer(call, "sorry", source: source);
        });
        using var client = InLadder(model);
        var (begins, joins) = (Ladder.Context(_time), Ladder.Context(_time));
        var first = client.GetResponseAsync(Question, begins.Options);
        var second = client.GetResponseAsync(Question, joins.Options);

        gate.SetResult();

        Assert.Equal("sorry", (await first).Text);
        Assert.Equal(source, begins.Context.Answer.Source);
        Assert.Equal("42", (await second).Text);
        Assert.Equal(AnswerSource.Model, joins.Context.Answer.Source);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Plain_LesserModelAnswers_SharedWithThoseWhoAllowFallback(bool allowFallback, int calls)
    {
        var gate = new TaskCompletionSource();
        var model = new FakeChatClient(async call =>
        {
            await gate.Task;
            return await Ladder.Answer(call, "42", isDegraded: true);
        });
        using var client = InLadder(model);
        var (begins, joins) = (Ladder.Context(_time), Ladder.Context(_time));
        joins.Options.AllowFallback = allowFallback;
        var first = client.GetResponseAsync(Question, begins.Options);
        var second = client.GetResponseAsync(Question, joins.Options);

        gate.SetResult();
        await Task.WhenAll(first, second);

        Assert.Equal(calls, model.Calls);
        Assert.Equal(("cheaper", true), (joins.Context.Answer.ServedBy, joins.Context.Answer.IsDegraded));
    }

    [Fact]
    public async Task Plain_WaiterHasLittleTime_LeavesForItsOwnLadderBeforeItsDeadline()
    {
        Asking.DriveClockByHand();
        var model = new FakeChatClient(call => call.Number == 1 ? _upstream.Task : Task.FromResult(Answers.Text("own")));
        using var client = InLadder(model);
        var first = client.GetResponseAsync(Question, Ladder.Context(_time, within: TimeSpan.FromSeconds(30)).Options);
        var second = client.GetResponseAsync(Question, Ladder.Context(_time, within: TimeSpan.FromSeconds(1)).Options);

        _time.Advance(TimeSpan.FromMilliseconds(749));
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("own", (await second).Text);
        Assert.False(first.IsCompleted);
        _upstream.SetResult(Answers.Text("shared"));
        Assert.Equal("shared", (await first).Text);
        Assert.Equal(0, _time.ArmedTimers);
    }

    [Fact]
    public async Task Plain_Shared_CallCarriesAContextOfItsOwnThatIsBoundAlike()
    {
        using var caller = new CancellationTokenSource();
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = new CachedAnswerChatClient(new Ladder(model), new(new() { Mode = CachedAnswerMode.ReadThrough }, _time, "EU"), isInLadder: true);
        var (options, context) = Ladder.Context(_time, within: TimeSpan.FromSeconds(30), caller: caller.Token);
        context.Residency = DataResidency.Within("EU");
        var ask = client.GetResponseAsync(Question, options, caller.Token);

        var shared = ((ResilientChatOptions)model.Last!.Options!).Context!;
        Assert.NotSame(context, shared);
        Assert.Equal((context.Deadline, context.Residency, context.AnswerKey), (shared.Deadline, shared.Residency, shared.AnswerKey));
        await caller.CancelAsync();
        Assert.True(shared.IsCancelledByCaller);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask);
    }

    [Theory]
    [InlineData("tenant")]
    [InlineData("question")]
    [InlineData("tools")]
    public async Task Plain_QuestionsThatMayNotShare_MakeTheirOwnCalls(string difference)
    {
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = Client(model);
        AITool[]? tools = difference == "tools" ? [AIFunctionFactory.CreateDeclaration("f", "d", default)] : null;

        var first = client.GetResponseAsync(Question, new ResilientChatOptions { Tools = tools });
        var second = client.GetResponseAsync(
            difference == "question" ? [new(ChatRole.User, "other")] : Question,
            new ResilientChatOptions { Tools = tools, CachePartition = difference == "tenant" ? "b" : null });
        _upstream.SetResult(Answers.Text("42"));
        await Task.WhenAll(first, second);

        Assert.Equal(2, model.Calls);
    }

    [Fact]
    public async Task Stream_WhileACallIsUnderWay_MakesItsOwn()
    {
        var model = new FakeChatClient(call => call.Number == 1 ? _upstream.Task : Task.FromResult(Answers.Text("own")));
        using var client = Client(model);
        var plain = client.GetResponseAsync(Question);

        Assert.Equal("own", (await client.AskAsync(streaming: true, Question)).Text);
        Assert.Equal(2, model.Calls);
        _upstream.SetResult(Answers.Text("42"));
        await plain;
    }

    [Fact]
    public async Task Plain_RealTime_CallersThatBlockDoNotHoldUpTheOthers()
    {
        var model = new FakeChatClient(_ => _upstream.Task);
        using var client = new CachedAnswerChatClient(model, new() { Mode = CachedAnswerMode.ReadThrough });
        using var block = new ManualResetEventSlim();
        var asks = Enumerable.Range(0, 3).Select(_ => client.GetResponseAsync(Question)).ToArray();
        var blocked = asks[1].ContinueWith(_ => block.Wait(TimeSpan.FromSeconds(30)), default, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        _upstream.SetResult(Answers.Text("42"));

        await asks[2];
        block.Set();
        Assert.True(await blocked);
    }

    [Fact]
    public async Task Plain_InALadder_ReportsTheTimeItTookAndPassesNoOptionsWhereNoneWereGiven()
    {
        Asking.DriveClockByHand();
        var lab = new LadderLab();
        lab.Primary.Always(Scripted.Answer("42").Delayed(lab.Clock, TimeSpan.FromSeconds(2)));
        var ladder = lab.Models(static chat => chat.AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough));

        var answers = await lab.RunAsync(Task.WhenAll(ladder.GetResponseAsync(Question), ladder.GetResponseAsync(Question)));

        Assert.Null(Assert.Single(lab.Primary.Calls).Options);
        Assert.All(answers, static answer => Assert.Equal(TimeSpan.FromSeconds(2), answer.GetResilienceReport()!.Elapsed));
    }

    private CachedAnswerChatClient Client(FakeChatClient model) => new(model, new() { Mode = CachedAnswerMode.ReadThrough }, _time);

    private CachedAnswerChatClient InLadder(FakeChatClient model) =>
        new(new Ladder(model), new(new() { Mode = CachedAnswerMode.ReadThrough }, _time), isInLadder: true);

    private sealed class IndexOnlyList : IReadOnlyList<ChatMessage>
    {
        public int Count => 1;

        public ChatMessage this[int index] => Question[0];

        public IEnumerator<ChatMessage> GetEnumerator() => throw new NotSupportedException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
