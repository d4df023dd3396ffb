using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A whole ladder behind stored answers in read-through mode: what its reports say of time, and what is left of it for those who waited.</summary>
public sealed class ReadThroughLadderTests
{
    private readonly LadderLab _lab = new();
    private readonly TaskCompletionSource _answers = new();

    [Fact]
    public async Task Report_OfAFreshAnswer_TellsHowLongTheRequestTook()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.HangUntil(_answers.Task, "from primary"));
        using var ladder = ReadThrough();
        var first = ladder.AskAsync(streaming: false);
        _lab.Clock.Advance(TimeSpan.FromSeconds(2));
        var joins = ladder.AskAsync(streaming: false);
        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        _answers.SetResult();

        Assert.Equal(TimeSpan.FromSeconds(3), (await first).GetResilienceReport()!.Elapsed);
        Assert.Equal(TimeSpan.FromSeconds(1), (await joins).GetResilienceReport()!.Elapsed);
        Assert.Equal(1, _lab.Primary.CallCount);
    }

    [Fact]
    public async Task SharedCallFailed_WhoWaitedDividesTheTimeThatIsLeft()
    {
        LadderLab.GoOnInline();
        var primary = new HostileChatClient(Hostility.IsDeaf);
        using var ladder = _lab.Builder()
            .AddModel("primary", primary)
            .AddModel("cheaper", ScriptedChatClient.Throwing(LadderLab.Status(404)))
            .AddCachedAnswers(static c => c.Mode = CachedAnswerMode.ReadThrough)
            .Build();
        var first = ladder.AskAsync(streaming: false);
        var waits = ladder.AskAsync(streaming: false);

        await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(first));
        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => _lab.RunAsync(waits));

        // Of 100 seconds the shared call took 60; of the 40 left a model gets 60 %.
        Assert.Equal(TimeSpan.FromSeconds(24), failure.Report.Attempts[0].Duration);
    }

    private IChatClient ReadThrough() => _lab.Models(static chat => chat.AddCachedAnswers(static c => c.Mode = CachedAnswerMode.ReadThrough));
}
