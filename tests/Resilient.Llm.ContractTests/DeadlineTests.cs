using System.Diagnostics;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One deadline for all, on real time.</summary>
/// <remarks>Bounds are generous: what is asserted is that nobody hangs and everybody has his turn.</remarks>
public class DeadlineTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(5);

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AnswerWithin_EveryModelHangs_EachHasItsTurnAndTheLastResortAnswers(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        providers.Fallback.Behavior = Script.HangBeforeHeaders();
        var ladder = providers.Ladder(static ladder => ladder
            .AddLastResort()
            .AnswerWithin(s_deadline)
            .WithFallback(static fallback => fallback.MinimumAttempt = TimeSpan.FromMilliseconds(1)));
        var started = Stopwatch.GetTimestamp();

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, s_deadline + s_slack);
        Assert.Equal(AnswerSource.LastResort, heard.Report!.Source);
        Assert.Equal(
            [("primary", FailureKind.Timeout), ("fallback", FailureKind.Timeout), ("last-resort", null)],
            heard.Report.Attempts.Select(static attempt => (attempt.Step, attempt.Failure)));
        Assert.Equal((1, 1), (providers.Primary.Calls, providers.Fallback.Calls));
        await providers.Primary.WhenIdleAsync().Soon();
        await providers.Fallback.WhenIdleAsync().Soon();
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AnswerWithin_PrimaryHangs_FallbackAnswersInTheTimeLeft(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        var ladder = providers.Ladder(static ladder => ladder
            .AddLastResort()
            .AnswerWithin(s_deadline)
            .WithFallback(static fallback => (fallback.AttemptShare, fallback.MinimumAttempt) = (0.1, TimeSpan.FromMilliseconds(1))));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal((TwoProviders.FallbackText, "fallback"), (heard.Text, heard.Report!.ServedBy));
        Assert.Equal(FailureKind.Timeout, heard.Report.Attempts[0].Failure);
    }

    /// <summary>The deadline of a stream ends with its first content: a long answer is not cut off.</summary>
    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task AnswerWithin_StreamTakesLongerThanTheDeadline_IsReadToItsEnd(WireProtocol primary)
    {
        var slowly = Script.Answer("One two three four five.") with { Pace = TimeSpan.FromMilliseconds(700) };
        await using var providers = await TwoProviders.StartAsync(primary, slowly);
        var ladder = providers.Ladder(static ladder => ladder.AnswerWithin(s_deadline));

        var heard = await Heard.FromAsync(ladder, streaming: true);

        Assert.Equal(("One two three four five.", "primary"), (heard.Text, heard.Report!.ServedBy));
    }

    /// <summary>A caller in a hurry says nothing about the endpoint.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task AnswerWithin_OfOneRequest_IsShorterAndBlamesNobody(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        var ladder = providers.Ladder(static ladder => ladder.AddLastResort());

        var heard = await Heard.FromAsync(
            ladder, streaming, new ResilientChatOptions { AnswerWithin = TimeSpan.FromMilliseconds(400), AllowFallback = false });

        Assert.Equal(FailureKind.Timeout, Assert.IsType<ChatUnavailableException>(heard.Exception).Kind);
        Assert.Equal(0, providers.PrimaryCircuit.Counts.Failures);
    }
}
