using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Hedging must not cost an answer that the ladder would have had without it.</summary>
public sealed class HedgingBetweenManyTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Hedge_FailsBeforeItsOwnDelay_LeavesNoTimerBehind(bool streaming)
    {
        using var third = new ScriptedChatClient().Always(Slow("from third", seconds: 5));
        using var fourth = new ScriptedChatClient().Always(Slow("from fourth", seconds: 1));
        _lab.Primary.Always(Slow("late", seconds: 10));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        using var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.WithHedging(Delay))
            .AddModel("cheaper", _lab.Cheaper, static model => model.WithHedging(TimeSpan.FromSeconds(2)))
            .AddModel("third", third)
            .AddModel("fourth", fourth)
            .Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from third", response.Text);
        Assert.Equal(0, fourth.CallCount);
        Assert.Equal(TimeSpan.FromSeconds(6.5), response.GetResilienceReport()!.Elapsed);
    }

    [BothWays]
    public async Task Hedge_NextModelUnavailableThen_IsAskedWhenTheFirstFailsLater(bool streaming)
    {
        _lab.Cheaper.Then(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Models(static chat => chat
            .WithHedging(Delay)
            .WithRetries(0)
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5)));
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(404)));
        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(ladder.AskAsync(streaming)));
        ladder.Circuit("primary").Reset();
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(404)).Delayed(_lab.Clock, TimeSpan.FromSeconds(8)));
        _lab.Cheaper.Always(Scripted.Answer("from cheaper"));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from cheaper", response.Text);
    }

    [BothWays]
    public async Task Hedge_ContextTooLongForTheFirst_LargerHedgeGoesOn(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(TooLong()).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        _lab.Cheaper.Always(Slow("from cheaper", seconds: 2));
        using var ladder = _lab.Builder()
            .WithHedging(Delay)
            .AddModel("primary", _lab.Primary, static model => model.WithContextWindow(8_000))
            .AddModel("cheaper", _lab.Cheaper, static model => model.WithContextWindow(100_000))
            .Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from cheaper", response.Text);
    }

    [BothWays]
    public async Task Hedge_CallerCancels_NobodyElseIsAsked(bool streaming)
    {
        LadderLab.GoOnInline();
        var hedged = new List<string>();
        using var third = new ScriptedChatClient().Always(Scripted.Hang());
        _lab.Primary.Always(Scripted.Hang());
        _lab.Cheaper.Always(Scripted.Hang());
        var ladder = _lab.Builder()
            .WithHedging(Delay)
            .AddModel("primary", _lab.Primary)
            .AddModel("cheaper", _lab.Cheaper, static model => model.WithHedging(Timeout.InfiniteTimeSpan))
            .AddModel("third", third, model => model.ConfigureOptions(_ => hedged.Add("third")))
            .Build();
        using var source = new CancellationTokenSource();
        var asking = ladder.AskAsync(streaming, cancellationToken: source.Token);
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(hedged);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hedge_LadderInsideAnEndpointContinued_ReportSaysSo(bool isHedged)
    {
        _lab.Primary.Always(Scripted.Answer("The quick ", "brown ").BreakingAfter(2, new IOException("cut")));
        using var second = new ScriptedChatClient().Always(Scripted.Answer("fox."));
        using var ladder = _lab.Builder()
            .WithHedging(isHedged ? Delay : Timeout.InfiniteTimeSpan)
            .AddModel("primary", _lab.Primary, model => model.Use(
                client => new FallbackChatClient([new("first", client), new("second", second)], timeProvider: _lab.Clock)))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("The quick brown fox.", response.Text);
        Assert.True(response.GetResilienceReport()!.WasContinued);
        Assert.True(response.GetResilienceReport()!.IsDegraded);
    }

    private static HttpRequestException TooLong() => new HttpRequestException("prompt is too long: context_length_exceeded", null, System.Net.HttpStatusCode.RequestEntityTooLarge);

    private Scripted Slow(string answer, double seconds) => Scripted.Answer(answer).Delayed(_lab.Clock, TimeSpan.FromSeconds(seconds));
}
