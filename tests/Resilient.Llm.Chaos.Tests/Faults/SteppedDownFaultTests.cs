using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Faults that no second try cures: caught by the next model at once, and by nothing else where there is none.</summary>
public sealed class SteppedDownFaultTests : IDisposable
{
    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind, bool> Faults
    {
        get
        {
            var data = new TheoryData<ChaosFaultKind, bool>();
            foreach (var streaming in new[] { false, true })
            {
                data.Add(ChaosFaultKind.RateLimited, streaming);
                data.Add(ChaosFaultKind.QuotaExhausted, streaming);
                data.Add(ChaosFaultKind.Unauthorized, streaming);
                data.Add(ChaosFaultKind.ModelUnavailable, streaming);
                data.Add(ChaosFaultKind.EmptyAnswer, streaming);
                data.Add(ChaosFaultKind.MalformedChunk, streaming);
                data.Add(ChaosFaultKind.NoFinishReason, streaming);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_Once_TheNextModelAnswersWithoutARetry(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Ladder();
        _lab.StartOnce(new(kind) { AfterContents = 0 });

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal("from cheaper", outcome.Text);
        Assert.Empty(_lab.Retries);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_NobodyBelow_IsNotCaught(ChaosFaultKind kind, bool streaming)
    {
        var ladder = _lab.Alone(static chat => chat.WithRetries(0).WithFallback(static fallback => fallback.MaxWaitForReopening = TimeSpan.Zero));
        _lab.StartOnce(new(kind) { AfterContents = 0 });

        Assert.IsType<ChatUnavailableException>((await _lab.AskAsync(ladder, streaming)).Exception);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    /// <summary>The caller's own mistake: another model would be asked the same wrong thing.</summary>
    [BothWays]
    public async Task InvalidRequest_FirstModel_GoesBackToTheCallerAsItCame(bool streaming)
    {
        var ladder = _lab.Ladder(static chat => chat.AddLastResort());
        using var run = _lab.Start(new(ChaosFaultKind.InvalidRequest));

        Assert.Equal(400, (int?)Assert.IsType<ChaosProviderException>((await _lab.AskAsync(ladder, streaming)).Exception).StatusCode);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Theory]
    [BothWaysData(1_000_000)]
    [BothWaysData(1_000)]
    public async Task ContextTooLong_NextModel_AnswersOnlyIfItIsDeclaredLarger(bool streaming, int window)
    {
        var ladder = _lab.Ladder(chat => chat.AddModel("long", _lab.Cheaper, model => model.WithContextWindow(window)), static primary => primary.WithContextWindow(100_000));
        using var run = _lab.Start(new(ChaosFaultKind.ContextTooLong));

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal(window > 100_000 ? "long" : null, outcome.Report.ServedBy);
        Assert.Equal(window > 100_000, outcome.Exception is null);
    }

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task ContentFiltered_Answer_StaysOneUnlessAReactionIsConfigured(bool streaming, bool isConfigured)
    {
        var ladder = _lab.Ladder(chat => chat.WithFailures(failures =>
        {
            if (isConfigured)
            {
                failures.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true);
            }
        }));
        using var run = _lab.Start(new(ChaosFaultKind.ContentFiltered));

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal(
            isConfigured ? ("cheaper", "from cheaper", ChatFinishReason.Stop) : ("primary", string.Empty, ChatFinishReason.ContentFilter),
            (outcome.Report.ServedBy, outcome.Text, outcome.Answer!.FinishReason!.Value));
    }

    public void Dispose() => _lab.Dispose();
}
