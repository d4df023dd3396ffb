using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class InterruptedStreamTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Stream_BreaksAfterContent_IsInterruptedWithExactlyWhatArrived(string name, Scripted broken, FailureKind kind)
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(broken);
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).AddLastResort()
            .WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt).Build();
        var received = new List<ChatResponseUpdate>();

        var interruption = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(ReadAsync(ladder, received)));

        Assert.True(interruption.Kind == kind, $"{name}: {interruption.Kind}");
        Assert.Equal("one two ", received.ToChatResponse().Text);
        Assert.Equal("one two ", interruption.PartialResponse.Text);
        Assert.Equal("primary", interruption.Report.ServedBy);
        Assert.Equal(kind, interruption.Report.Attempts[^1].Failure);
        Assert.Equal(0, _lab.Cheaper.CallCount);
        Assert.Equal(1, ladder.Circuit("primary").Counts.Failures);
        Assert.Equal(0, primary.OpenEnumerators);
        Assert.Equal(0, _lab.Clock.ArmedTimers);
    }

    public static TheoryData<string, Scripted, FailureKind> Breaks() => new()
    {
        { "reset", Scripted.Answer("one ", "two ", "three").BreakingAfter(2, new IOException("reset")), FailureKind.Network },
        { "malformed", Scripted.Answer("one ", "two ", "three").BreakingAfter(2, new System.Text.Json.JsonException("malformed")), FailureKind.InvalidResponse },
        { "stall", Scripted.Answer("one ", "two ", "three").StallingAfter(2), FailureKind.Timeout },
        { "no finish reason", Scripted.Answer("one ", "two ").WithoutFinishReason(), FailureKind.InvalidResponse },
        { "error content", Scripted.Give(new TextContent("one "), new TextContent("two "), new ErrorContent("oops")), FailureKind.InvalidResponse },
        { "overloaded", Scripted.Answer("one ", "two ").BreakingAfter(2, LadderLab.Status(529)), FailureKind.ServerError },
    };

    [Fact]
    public async Task Stream_CallerCancelsAfterContent_IsCancelled()
    {
        LadderLab.GoOnInline();
        using var caller = new CancellationTokenSource();
        var primary = ScriptedChatClient.Playing(Scripted.Answer("one ", "two ").StallingAfter(1));
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();
        var asking = ladder.AskAsync(streaming: true, cancellationToken: caller.Token);
        _lab.Clock.Advance(TimeSpan.FromSeconds(20));

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Equal(0, ladder.Circuit("primary").Counts.Failures);
        Assert.Equal(0, primary.OpenEnumerators);
    }

    [Fact]
    public async Task Stream_ToolCallThenBreak_IsInterruptedAndNeverReplayed()
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(Scripted.Give(new FunctionCallContent("1", "delete")).BreakingAfter(1, new IOException("reset")));
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();

        var interruption = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => ladder.AskAsync(streaming: true));

        Assert.Single(interruption.PartialResponse.Messages.SelectMany(static m => m.Contents).OfType<FunctionCallContent>());
        Assert.Equal((1, 0), (primary.CallCount, _lab.Cheaper.CallCount));
    }

    private static async Task<bool> ReadAsync(IChatClient ladder, List<ChatResponseUpdate> received)
    {
        await foreach (var update in ladder.GetStreamingResponseAsync(LadderLab.Ask()).ConfigureAwait(false))
        {
            received.Add(update);
        }

        return true;
    }
}
