using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class CallbackTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Callbacks_AreToldWhatHappens(bool streaming)
    {
        var retries = new List<ChatRetryEvent>();
        var fallbacks = new List<ChatFallbackEvent>();
        var circuits = new List<ChatCircuitEvent>();
        var completed = new List<ChatCompletedEvent>();
        _lab.FailPrimary(LadderLab.Status(503));
        var ladder = _lab.Models(chat => chat
            .WithCircuitBreaker(3, TimeSpan.FromSeconds(10))
            .OnRetry(retries.Add).OnFallback(fallbacks.Add).OnCircuitChanged(circuits.Add).OnCompleted(completed.Add));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(
            [new("primary", "primary", 1, FailureKind.ServerError, TimeSpan.FromMilliseconds(250)), new("primary", "primary", 2, FailureKind.ServerError, TimeSpan.FromMilliseconds(500))],
            retries);
        var stepDown = Assert.Single(fallbacks);
        Assert.Equal(new("primary", FailureKind.ServerError, nameof(HttpRequestException), null), stepDown);
        Assert.Equal(("primary", CircuitState.Closed, CircuitState.Open), Assert.Single(circuits) is var c ? (c.Model, c.From, c.To) : default);
        var end = Assert.Single(completed);
        Assert.Equal((null, streaming, "cheaper", 4), (end.Failure, end.IsStreaming, end.Report.ServedBy, end.Report.Attempts.Count));
    }

    [BothWays]
    public async Task Callbacks_Throw_NothingIsHarmed(bool streaming)
    {
        using var logs = new LogCapture();
        _lab.FailPrimary(LadderLab.Status(503));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper)
            .WithCircuitBreaker(2, TimeSpan.FromSeconds(10))
            .OnRetry(static _ => throw new InvalidOperationException())
            .OnFallback(static _ => throw new InvalidOperationException())
            .OnCircuitChanged(static _ => throw new InvalidOperationException())
            .OnCompleted(static _ => throw new InvalidOperationException())
            .Build(logs.Services);

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);

        foreach (var callback in new[] { nameof(ChatRetryEvent), nameof(ChatFallbackEvent), nameof(ChatCircuitEvent), nameof(ChatCompletedEvent) })
        {
            Assert.Contains(logs.Entries, e => e.Text.Contains(callback, StringComparison.Ordinal));
        }
    }

    [BothWays]
    public async Task Callbacks_OneThrows_TheNextIsStillInvoked(bool streaming)
    {
        var completed = new List<ChatCompletedEvent>();
        var ladder = _lab.Models(chat => chat.OnCompleted(static _ => throw new InvalidOperationException()).OnCompleted(completed.Add));

        await ladder.AskAsync(streaming);

        Assert.Single(completed);
    }

    [BothWays]
    public async Task Completed_NobodyAnswered_NamesTheFailure(bool streaming)
    {
        var completed = new List<ChatCompletedEvent>();
        _lab.FailPrimary();
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(401)));
        var ladder = _lab.Models(chat => chat.OnCompleted(completed.Add));

        await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        var end = Assert.Single(completed);
        Assert.Equal((FailureKind.Unauthorized, AnswerSource.None), (end.Failure!.Value, end.Report.Source));
    }
}
