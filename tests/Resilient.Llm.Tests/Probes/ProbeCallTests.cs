using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What a probe asks, what counts as its answer, and who hears of it.</summary>
public sealed class ProbeCallTests
{
    [BothWays]
    public async Task Probe_AsksAsTheModelIsAsked_ButShortAndWithoutTools(bool streaming)
    {
        using var lab = new ProbeLab().Start(probes => (probes.UseStreaming, probes.MaxOutputTokens) = (streaming, 7), model: static model => model.ConfigureOptions(static options =>
        {
            options.ModelId = "large-1";
            options.MaxOutputTokens = 4_000;
            options.Instructions = "A long text.";
            options.Tools = [AIFunctionFactory.Create(static () => "x", "tool")];
            options.ResponseFormat = ChatResponseFormat.Json;
        }));
        await lab.GoDownAsync();
        lab.Pass(13.6);

        var call = lab.Sweden.Calls[^1];
        var options = call.Options!;
        Assert.Equal((ProbeLab.Ping, 1, streaming), (call.Question, call.Messages.Count, call.IsStreaming));
        Assert.Equal(("large-1", 7), (options.ModelId, options.MaxOutputTokens!.Value));
        Assert.Equal((null, null, null), (options.Instructions, options.Tools, options.ResponseFormat));
    }

    [Fact]
    public async Task Probe_Fails_IsNotRetried()
    {
        using var lab = new ProbeLab().Start(configure: static chat => chat.WithRetries(static retries => retries.MaxRetries = 3));
        await lab.GoDownAsync();
        lab.Sweden.Always(Scripted.Throw(LadderLab.Status(500)));

        lab.Pass(26);

        Assert.Equal(1, ProbeLab.Pings(lab.Sweden));
    }

    /// <summary>A thinking model may spend the few tokens it gets before it has said a word; it answers all the same. Without the probe's excuse that is an empty answer.</summary>
    [BothWays]
    public async Task Probe_AnsweredByThoughtsUpToTheLimit_HasSucceeded(bool streaming)
    {
        using var lab = new ProbeLab().Start(probes => probes.UseStreaming = streaming);
        await lab.GoDownAsync();
        lab.Sweden.Always(Scripted.Give(new TextReasoningContent("hm")).Finishing(ChatFinishReason.Length));

        lab.Pass(13.6);

        Assert.Equal(CircuitState.Closed, lab.Circuit.State);
        lab.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("from france", await lab.AskAsync(streaming));
        Assert.Equal(CircuitState.Closed, lab.Circuit.State);
    }

    [BothWays]
    public async Task Probe_AnswerIsEmpty_HasFailed(bool streaming)
    {
        using var lab = new ProbeLab().Start(probes => probes.UseStreaming = streaming);
        await lab.GoDownAsync();
        lab.Sweden.Always(Scripted.Give(new TextReasoningContent("hm")));

        lab.Pass(13.6);

        Assert.Equal((CircuitState.Open, 1), (lab.Circuit.State, ProbeLab.Pings(lab.Sweden)));
    }

    [Fact]
    public async Task ValidateAnswer_IsNotAskedAboutProbes()
    {
        using var lab = new ProbeLab().Start(
            static probes => probes.UseStreaming = false,
            static chat => chat.WithFailures(static failures => failures.ValidateAnswer = static answer => answer.Text.StartsWith('{') ? null : "no JSON"));
        lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        await Assert.ThrowsAnyAsync<Exception>(() => lab.AskAsync());
        lab.ComeBack();

        lab.Pass(13.6);

        Assert.Equal(CircuitState.Closed, lab.Circuit.State);
    }

    [Fact]
    public async Task Probe_TellsNobodyButItsOwnInstrument()
    {
        var told = new List<string>();
        var measured = new List<string>();
        var mark = $"probed-{Guid.NewGuid():N}";
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == ResilientChatTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        {
            var line = string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"));
            if (line.Contains(mark, StringComparison.Ordinal))
            {
                measured.Add($"{instrument.Name} {line.Replace(mark, "m", StringComparison.Ordinal)}");
            }
        }

        listener.SetMeasurementEventCallback<long>(Note);
        listener.SetMeasurementEventCallback<double>(Note);
        listener.Start();
        LadderLab.GoOnInline();
        var lab = new LadderLab();
        using var stopping = new CancellationTokenSource();
        using var ladder = lab.Builder()
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10))
            .WithActiveProbes()
            .AddModel(mark, lab.FailPrimary())
            .AddLastResort()
            .OnCompleted(_ => told.Add("completed"))
            .OnFallback(_ => told.Add("fallback"))
            .OnRetry(_ => told.Add("retry"))
            .OnResidencyAudit(_ => told.Add("audit"))
            .OnCircuitChanged(change => told.Add(change.To.ToString()))
            .Build();
        var run = ladder.GetRequiredService<ChatProbes>().RunAsync(stopping.Token);
        await lab.RunAsync(ladder.AskAsync(streaming: false));
        told.Clear();
        measured.Clear();

        lab.Clock.Advance(TimeSpan.FromSeconds(14));
        lab.Primary.Always(Scripted.Answer("pong").Delayed(lab.Clock, TimeSpan.FromSeconds(1)));
        lab.Clock.Advance(TimeSpan.FromSeconds(30));
        stopping.Cancel();
        await run;

        Assert.Equal(["HalfOpen", "Open", "HalfOpen", "Closed"], told);
        Assert.Equal(
            [
                "resilient_llm.circuit.transitions model=m endpoint=m state=HalfOpen",
                "resilient_llm.circuit.transitions model=m endpoint=m state=Open",
                "resilient_llm.probes model=m endpoint=m reason=BreakEnded failure=ModelUnavailable",
                "resilient_llm.circuit.transitions model=m endpoint=m state=HalfOpen",
                "resilient_llm.circuit.transitions model=m endpoint=m state=Closed",
                "resilient_llm.probes model=m endpoint=m reason=BreakEnded failure=",
            ],
            measured);
    }

    [Fact]
    public async Task ProbeAsync_ByHand_ProbesWhatIsDueAndTellsWhatCameOfIt()
    {
        using var lab = await new ProbeLab().Start(isRunning: false).GoDownAsync();
        Assert.Empty(await lab.Probes.ProbeAsync());
        lab.Pass(15);

        Assert.Equal([new("primary", "sweden", ChatProbeReason.BreakEnded, FailureKind.ModelUnavailable, TimeSpan.Zero)], await lab.Probes.ProbeAsync());

        lab.Sweden.Always(Scripted.Answer("pong").Delayed(lab.Clock, TimeSpan.FromSeconds(2)));
        lab.Pass(30);
        var results = await lab.Lab.RunAsync(lab.Probes.ProbeAsync());
        Assert.Equal([new("primary", "sweden", ChatProbeReason.BreakEnded, null, TimeSpan.FromSeconds(2))], results);
    }

    [Fact]
    public async Task ProbeAsync_Cancelled_Throws()
    {
        using var lab = await new ProbeLab().Start(isRunning: false).GoDownAsync();
        lab.Sweden.Always(Scripted.Hang());
        lab.Pass(15);
        using var stopping = new CancellationTokenSource();

        var probes = lab.Probes.ProbeAsync(stopping.Token);
        Assert.Equal(1, lab.Sweden.InFlight);
        stopping.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probes);
        Assert.Equal((0, CircuitState.HalfOpen), (lab.Sweden.InFlight, lab.Circuit.State));
    }

    [Fact]
    public async Task RunAsync_Twice_IsRefusedTheSecondTimeAndAllowedAfterwards()
    {
        using var lab = new ProbeLab().Start();

        Assert.Contains("running already", (await Assert.ThrowsAsync<InvalidOperationException>(() => lab.Probes.RunAsync(default))).Message, StringComparison.Ordinal);

        lab.Stop();
        using var again = new CancellationTokenSource();
        var run = lab.Probes.RunAsync(again.Token);
        Assert.False(run.IsCompleted);
        again.Cancel();
        await run;
    }

    [Fact]
    public async Task Ladder_Disposed_EndsItsProbes()
    {
        using var lab = await new ProbeLab().Start().GoDownAsync();
        lab.Sweden.Always(Scripted.Hang());
        lab.Pass(13.6);
        LadderLab.GoOnInline();

        lab.Ladder.Dispose();
        lab.Ladder.Dispose();

        Assert.True(lab.Run.IsCompletedSuccessfully);
        Assert.Equal(0, lab.Sweden.InFlight);
        Assert.Empty(await lab.Probes.ProbeAsync());
    }

    /// <summary>A short question is quick where a request would be slow: it must not draw the traffic there, nor set the bound for what is slow.</summary>
    [Fact]
    public void Latency_OfProbes_RaisesTheAverageAndNeverLowersIt()
    {
        var latency = new EndpointLatency();
        latency.RecordProbe(isStreaming: true, TimeSpan.FromMilliseconds(1));
        Assert.Null(latency.Average(isStreaming: true));

        for (var i = 0; i < EndpointLatency.Capacity; i++)
        {
            latency.Record(isStreaming: true, TimeSpan.FromSeconds(2));
        }

        for (var i = 0; i < EndpointLatency.Capacity; i++)
        {
            latency.RecordProbe(isStreaming: true, TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(TimeSpan.FromSeconds(2), latency.Average(isStreaming: true));
        latency.RecordProbe(isStreaming: true, TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(3), latency.Average(isStreaming: true));
        Assert.Equal(TimeSpan.FromSeconds(2), latency.Percentile(isStreaming: true, 0.99));
    }
}
