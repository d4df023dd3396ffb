using System.Net;
using Microsoft.Extensions.AI;
using Polly;
using Polly.Simmy;
using Polly.Simmy.Fault;
using Polly.Simmy.Latency;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>
/// Polly's chaos strategies: an application's own pipeline of them works at the place of <c>WithPipeline</c>; and what they do not do, which is why experiments do not stand on them.
/// </summary>
public sealed class PollyChaosTests : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(5);

    private readonly FaultLab _lab = new();
    private bool _isOn = true;

    [BothWays]
    public async Task Pipeline_PollysFault_IsReadLikeAProvidersAndSteppedDownFrom(bool streaming)
    {
        var ladder = _lab.Ladder(static chat => chat.WithRetries(0), model => model.WithPipeline(Pipeline().AddChaosFault(new ChaosFaultStrategyOptions
        {
            InjectionRate = 1,
            EnabledGenerator = _ => new(_isOn),
            FaultGenerator = static _ => new(new HttpRequestException("down", null, HttpStatusCode.ServiceUnavailable)),
        }).Build()));

        var during = await _lab.AskAsync(ladder, streaming);
        _isOn = false;
        var afterwards = await _lab.AskAsync(ladder, streaming);

        Assert.Equal((FailureKind.ServerError, "cheaper"), (during.Primary.Failure, during.Report.ServedBy));
        Assert.Equal("primary", afterwards.Report.ServedBy);
    }

    [BothWays]
    public async Task Pipeline_PollysLatency_DelaysTheAnswerAndTheFirstContent(bool streaming)
    {
        var ladder = _lab.Ladder(primary: model => model.WithPipeline(Latency()));

        Assert.Equal(s_delay, (await _lab.AskAsync(ladder, streaming)).Report.Elapsed);
    }

    /// <summary>The kill switch of an experiment lets go of what waits. Polly's switch decides for calls to come.</summary>
    [Fact]
    public async Task PollysLatency_SwitchedOffInTheMiddleOfAWait_GoesOnWaiting()
    {
        FaultLab.GoOnInline();
        using var client = new PipelineChatClient(_lab.Primary, Latency());
        var asking = client.GetResponseAsync("question");

        _isOn = false;

        Assert.False(asking.IsCompleted);
        Assert.Equal(1, _lab.Clock.ArmedTimers);
        _lab.Clock.Advance(s_delay);
        await asking;
    }

    /// <summary>No strategy of Polly's knows streams: behind the first content nothing can be injected.</summary>
    [Fact]
    public async Task PollysFault_AfterTheFirstContent_NeverHappens()
    {
        var opened = 0;
        using var client = new PipelineChatClient(
            _lab.Primary,
            Pipeline().AddChaosBehavior(1, _ =>
            {
                opened++;
                return default;
            }).Build());

        Assert.Equal("One two three.", (await client.AskAsync(streaming: true)).Text);
        Assert.Equal(1, opened);
    }

    public void Dispose() => _lab.Dispose();

    private ResiliencePipelineBuilder Pipeline() => new() { TimeProvider = _lab.Clock };

    private ResiliencePipeline Latency() => Pipeline()
        .AddChaosLatency(new ChaosLatencyStrategyOptions { InjectionRate = 1, EnabledGenerator = _ => new(_isOn), Latency = s_delay })
        .Build();
}
