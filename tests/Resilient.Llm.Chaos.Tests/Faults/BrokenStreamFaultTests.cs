using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Streams that break after content: caught by the continuation, and by nothing else where the policy forbids it.</summary>
public sealed class BrokenStreamFaultTests : IDisposable
{
    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind, FailureKind> Faults => new()
    {
        { ChaosFaultKind.CutStream, FailureKind.Network },
        { ChaosFaultKind.ErrorEvent, FailureKind.ServerError },
        { ChaosFaultKind.MalformedChunk, FailureKind.InvalidResponse },
        { ChaosFaultKind.NoFinishReason, FailureKind.InvalidResponse },
        { ChaosFaultKind.StalledStream, FailureKind.Timeout },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_AfterContent_TheNextModelGoesOn(ChaosFaultKind kind, FailureKind failure)
    {
        var ladder = _lab.Ladder();
        using var run = _lab.Start(new(kind) { AfterContents = 2 });

        var outcome = await _lab.AskAsync(ladder, streaming: true);

        Assert.StartsWith("One two ", outcome.Text, StringComparison.Ordinal);
        Assert.EndsWith("from cheaper", outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("three", outcome.Text, StringComparison.Ordinal);
        Assert.Equal((failure, true), (outcome.Primary.Failure!.Value, outcome.Report.WasContinued));
        Assert.Empty(_lab.Retries);
        Assert.Equal((0, 0), (_lab.Primary.OpenEnumerators, _lab.Primary.InFlight));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_AfterContentAndContinuingForbidden_IsNotCaught(ChaosFaultKind kind, FailureKind failure)
    {
        var ladder = _lab.Ladder(static chat => chat.WithFallback(static fallback => fallback.MidStream = MidStreamPolicy.Interrupt));
        using var run = _lab.Start(new(kind));

        var interrupted = Assert.IsType<ChatStreamInterruptedException>((await _lab.AskAsync(ladder, streaming: true)).Exception);

        Assert.Equal((failure, "One "), (interrupted.Kind, interrupted.PartialResponse.Text));
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_LongAfterTheAnswersEnd_HappensThereInPlaceOfTheEnd(ChaosFaultKind kind, FailureKind failure)
    {
        var ladder = _lab.Ladder(static chat => chat.WithFallback(static fallback => fallback.MidStream = MidStreamPolicy.Interrupt));
        using var run = _lab.Start(new(kind) { AfterContents = 100 });

        var interrupted = Assert.IsType<ChatStreamInterruptedException>((await _lab.AskAsync(ladder, streaming: true)).Exception);

        Assert.Equal((failure, "One two three."), (interrupted.Kind, interrupted.PartialResponse.Text));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_ExperimentEndsBeforeItIsDue_AnswerIsWholeWithItsFinishReason(ChaosFaultKind kind, FailureKind failure)
    {
        _ = failure;
        _lab.Primary.Always(Scripted.Answer("One ", "two ", "three.").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = _lab.Ladder();
        _lab.Start(new(kind) { AfterContents = 3 }, duration: TimeSpan.FromMilliseconds(2500));

        var outcome = await _lab.AskAsync(ladder, streaming: true);

        Assert.Equal(("One two three.", ChatFinishReason.Stop), (outcome.Text, outcome.Answer!.FinishReason!.Value));
        Assert.Equal((null, false), (outcome.Primary.Failure, outcome.Report.WasContinued));
    }

    /// <summary>Content and end in one update, and the experiment over between that and the break: the end that was kept back is said after all.</summary>
    [Fact]
    public async Task Fault_ExperimentEndsWhileTheEndIsKeptBack_TheEndIsSaid()
    {
        FaultLab.GoOnInline();
        using var client = new ChaosChatClient(new OneUpdateClient(), _lab.Chaos, "primary");
        var run = _lab.Start(new(ChaosFaultKind.CutStream) { Latency = ChaosLatency.Fixed(TimeSpan.FromSeconds(5)) });
        var asking = client.AskAsync(streaming: true);
        Assert.False(asking.IsCompleted);

        run.Dispose();

        Assert.True(asking.IsCompleted, "It still waits for an experiment that is over.");
        Assert.Equal(("whole", ChatFinishReason.Stop), ((await asking).Text, (await asking).FinishReason));
    }

    /// <summary>The judge alone stands between a stream without an end and the caller.</summary>
    [Fact]
    public async Task NoFinishReason_NotRequired_IsNotCaught()
    {
        var ladder = _lab.Ladder(static chat => chat.WithFailures(static failures => failures.RequireFinishReasonOnStreams = false));
        using var run = _lab.Start(new(ChaosFaultKind.NoFinishReason));

        var outcome = await _lab.AskAsync(ladder, streaming: true);

        Assert.Equal(("One ", "primary"), (outcome.Text, outcome.Report.ServedBy));
    }

    [Theory]
    [BothWaysData(ChaosFaultKind.EmptyAnswer)]
    [BothWaysData(ChaosFaultKind.ErrorEvent)]
    [BothWaysData(ChaosFaultKind.NoFinishReason)]
    public async Task Fault_WithoutALadder_NobodyJudgesIt(ChaosFaultKind kind, bool streaming)
    {
        using var client = new ChaosChatClient(_lab.Primary, _lab.Chaos, "primary");
        using var run = _lab.Start(new(kind) { AfterContents = 0 });

        var response = await client.AskAsync(streaming);

        Assert.Equal(string.Empty, response.Text);
        Assert.Equal(kind == ChaosFaultKind.ErrorEvent, response.Messages.SelectMany(static m => m.Contents).OfType<ErrorContent>().Any());
        Assert.Equal(kind == ChaosFaultKind.EmptyAnswer ? ChatFinishReason.Stop : null, response.FinishReason);
    }

    public void Dispose() => _lab.Dispose();

    /// <summary>Says everything at once: content and end.</summary>
    private sealed class OneUpdateClient() : DelegatingChatClient(new ScriptedChatClient())
    {
        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return new(ChatRole.Assistant, "whole") { FinishReason = ChatFinishReason.Stop };
        }
    }
}
