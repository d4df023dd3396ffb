using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

public sealed class LadderStreamTokenTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Token_HoweverItIsGiven_Cancels(bool byArgument, bool byEnumeration)
    {
        LadderLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var argument = byArgument ? caller.Token : other.Token;
        var enumeration = byEnumeration ? caller.Token : other.Token;
        var ladder = _lab.Builder().AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddLastResort().Build();
        await using var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask(), cancellationToken: argument).GetAsyncEnumerator(enumeration);
        var move = stream.MoveNextAsync().AsTask();

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => move);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
    }

    [Fact]
    public async Task Sequence_IsEnumeratedTwice_MakesTwoRequests()
    {
        LadderLab.GoOnInline();
        var ladder = _lab.Whole();
        var sequence = ladder.GetStreamingResponseAsync(LadderLab.Ask());

        var first = await sequence.ToChatResponseAsync();
        _lab.FailPrimary();
        var second = await sequence.ToChatResponseAsync();

        Assert.Equal(("from primary", "from cheaper"), (first.Text, second.Text));
        Assert.Single(first.GetResilienceReport()!.Attempts);
        Assert.Equal(2, second.GetResilienceReport()!.Attempts.Count);
        Assert.Equal(2, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task Deadline_OfAnEnumerationThatStartsLater_RunsFromThere()
    {
        LadderLab.GoOnInline();
        var ladder = _lab.Builder().AddModel("primary", new HostileChatClient(Hostility.IsDeaf)).AddLastResort().Build();
        var sequence = ladder.GetStreamingResponseAsync(LadderLab.Ask());
        _lab.Clock.Advance(TimeSpan.FromHours(1));

        var response = await _lab.RunAsync(sequence.ToChatResponseAsync());

        Assert.Equal(TimeSpan.FromSeconds(29.75), response.GetResilienceReport()!.Elapsed);
    }

    [Fact]
    public async Task Provider_DeafAndNeverWaiting_StopsWhenTheCallerCancels()
    {
        LadderLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var ladder = _lab.Builder().AddModel("primary", new FixedStreamClient([.. Enumerable.Repeat(new ChatResponseUpdate(ChatRole.Assistant, "x"), 1000)])).Build();
        var count = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in ladder.GetStreamingResponseAsync(LadderLab.Ask(), cancellationToken: caller.Token))
            {
                if (++count == 10)
                {
                    await caller.CancelAsync();
                }
            }
        });

        Assert.Equal(10, count);
    }
}
