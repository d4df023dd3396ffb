using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class TimedStreamReentryTests
{
    [Fact]
    public async Task Stream_DisposedInTheMomentItsMoveEnds_EndsAsCancelled()
    {
        LadderLab.GoOnInline();
        var source = new DisposingStreamClient();
        var stream = new TimeoutChatClient(source).GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        source.Reader = stream;
        var move = stream.MoveNextAsync().AsTask();

        source.EndMove();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(1, source.Disposals);
    }

    [BothWays]
    public async Task Clock_WhoseTimersFireAsSoonAsTheyAreArmed_EverythingEndsInPlace(bool streaming)
    {
        LadderLab.GoOnInline();
        var client = new ScriptedChatClient().Always(Scripted.Hang());
        var time = TimeSpan.FromSeconds(1);
        using var timed = new TimeoutChatClient(client, new() { AttemptTimeout = time, FirstContentTimeout = time }, new EagerClock());

        await Assert.ThrowsAsync<TimeoutException>(() => timed.AskAsync(streaming));

        Assert.Equal(0, client.InFlight + client.OpenEnumerators);
    }
}
