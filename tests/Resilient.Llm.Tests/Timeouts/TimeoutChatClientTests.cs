using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class TimeoutChatClientTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Plain_ClientIgnoresItsToken_IsAbandonedInTimeAndItsLateExceptionObserved()
    {
        var late = new TaskCompletionSource<ChatResponse>();
        var unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, e) => unobserved += e.Exception.ToString().Contains("much too late", StringComparison.Ordinal) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += onUnobserved;
        try
        {
            await AbandonAsync(late);
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }

        Assert.Equal(0, unobserved);
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Plain_AnswerInTime_NoTimerStaysArmed()
    {
        var answer = new TaskCompletionSource<ChatResponse>();
        var asking = Client(answer.Task).GetResponseAsync(LadderLab.Ask());
        Assert.Equal(1, _clock.ArmedTimers);

        answer.SetResult(new(new ChatMessage(ChatRole.Assistant, "answer")));

        Assert.Equal("answer", (await asking).Text);
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Plain_CallerCancels_EndsAtOnceWithTheCallersToken()
    {
        using var caller = new CancellationTokenSource();
        var asking = Client(new TaskCompletionSource<ChatResponse>().Task).GetResponseAsync(LadderLab.Ask(), cancellationToken: caller.Token);

        await caller.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
    }

    [BothWays]
    public async Task Token_OfAnAttempt_IsNotCancelledAfterIt(bool streaming)
    {
        var inner = ScriptedChatClient.Answering("answer");
        using var client = new TimeoutChatClient(inner, new() { AttemptTimeout = TimeSpan.FromSeconds(1), FirstContentTimeout = TimeSpan.FromSeconds(1) }, _clock);

        await client.AskAsync(streaming);
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.False(inner.Calls[0].CancellationToken.IsCancellationRequested);
    }

    [Fact]
    public void Options_OutOfRange_AreRefusedByName()
    {
        var refusal = Assert.Throws<ArgumentException>(() => new TimeoutChatClient(new ScriptedChatClient(), new() { IdleTimeout = TimeSpan.Zero }));

        Assert.Contains("IdleTimeout is 00:00:00", refusal.Message, StringComparison.Ordinal);
    }

    private async Task AbandonAsync(TaskCompletionSource<ChatResponse> late)
    {
        var asking = Client(late.Task).GetResponseAsync(LadderLab.Ask());
        _clock.Advance(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<TimeoutException>(() => asking);
        late.SetException(new InvalidOperationException("much too late"));
    }

    private TimeoutChatClient Client(Task<ChatResponse> answer) =>
        new(new FixedAnswerClient(answer), new() { AttemptTimeout = TimeSpan.FromSeconds(5) }, _clock);
}
