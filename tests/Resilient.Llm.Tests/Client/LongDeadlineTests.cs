using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Whoever says a year means "as long as it takes". Timers know no more than 49 days.</summary>
public sealed class LongDeadlineTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Ladder_DeadlineOfAYear_EverybodyWhoAsksTheSameIsAnswered(bool streaming)
    {
        LadderLab.GoOnInline();
        var release = new TaskCompletionSource();
        _lab.Primary.Always(Scripted.HangUntil(release.Task));
        var ladder = _lab.Whole(static chat => chat
            .AnswerWithin(TimeSpan.FromDays(365))
            .AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough));

        var asks = Enumerable.Range(0, 3).Select(_ => ladder.AskAsync(streaming)).ToArray();
        release.SetResult();

        Assert.All(await Task.WhenAll(asks), static answer => Assert.Equal("late", answer.Text));
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    [Fact]
    public async Task Stream_IdleTimeoutOfForEver_NeverStalls()
    {
        LadderLab.GoOnInline();
        var client = new HandFedClient();
        var clock = new FineClock(_lab.Clock);
        var stream = new TimeoutChatClient(client, new() { FirstContentTimeout = TimeSpan.MaxValue, IdleTimeout = TimeSpan.MaxValue }, clock)
            .GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            var move = stream.MoveNextAsync();
            _lab.Clock.Advance(TimeSpan.FromDays(1));
            client.Feed(new TextContent("a"));
            Assert.True(await move);
        }

        await stream.DisposeAsync();
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }
}
