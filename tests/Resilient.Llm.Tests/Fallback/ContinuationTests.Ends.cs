using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Time, cancellation, disposal, and what is kept.</content>
public sealed partial class ContinuationTests
{
    [Fact]
    public async Task Continue_LongAfterTheDeadline_HasATimeOfItsOwn()
    {
        _lab.Primary.Always(Broken("one ").Paced(_lab.Clock, TimeSpan.FromSeconds(25)));
        _lab.Cheaper.Always(Scripted.Answer("two").Delayed(_lab.Clock, TimeSpan.FromSeconds(10)));

        var response = await AskAsync(null, static chat => chat.AnswerWithin(TimeSpan.FromSeconds(60)));

        Assert.Equal("one two", response.Text);
    }

    [Fact]
    public async Task Continue_NextModelHangs_IsGivenUpInTime()
    {
        _lab.Primary.Then(Broken("one ")).Then(Scripted.Hang());
        _lab.Cheaper.Always(Scripted.Hang());

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.True(thrown.Report.Elapsed <= TimeSpan.FromSeconds(30));
        Assert.Equal((0, 0), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));
    }

    [Fact]
    public async Task Continue_CallerCancelsMeanwhile_IsACancellation()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Broken("one "));
        _lab.Cheaper.Always(Scripted.Hang());
        using var source = new CancellationTokenSource();
        var asking = Client().AskAsync(streaming: true, cancellationToken: source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal((0, 0), (_lab.Primary.InFlight, _lab.Cheaper.InFlight));
    }

    [Fact]
    public async Task ContinuedStream_DisposedWhileTheNextModelIsSilent_LetsGoOfIt()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Broken("one "));
        _lab.Cheaper.Always(Scripted.Hang());
        var stream = Client().GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(await stream.MoveNextAsync());
        }

        var move = stream.MoveNextAsync().AsTask();
        Assert.Equal(1, _lab.Cheaper.InFlight);

        await stream.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal((0, 0), (_lab.Cheaper.InFlight, _lab.Cheaper.OpenEnumerators));
    }

    [Fact]
    public async Task ContinuedAnswer_IsNotStored()
    {
        _lab.Primary.Then(Broken("one ")).Then(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Then(Scripted.Answer("two")).Then(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Whole(static chat => chat.AddCachedAnswers().WithFallback(static o => o.MidStream = MidStreamPolicy.Continue));
        await _lab.RunAsync(ladder.AskAsync(streaming: true));

        var second = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal(AnswerSource.LastResort, second.GetResilienceReport()!.Source);
    }
}
