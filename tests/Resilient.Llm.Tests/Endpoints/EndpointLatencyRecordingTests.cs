using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What the breaker's client tells the statistics of its endpoint.</summary>
public sealed class EndpointLatencyRecordingTests
{
    private readonly LadderLab _lab = new();
    private readonly EndpointLatency _latency = new();

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task Answers_AreTimed_StreamsByTheirFirstContent(bool streaming, double seconds)
    {
        _lab.Primary.Always(Scripted.Answer("a", "b").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        await RunAsync(streaming, _ => Task.CompletedTask);

        Assert.Equal(TimeSpan.FromSeconds(seconds), _latency.Percentile(streaming, 1));
        Assert.Null(_latency.Percentile(!streaming, 1));
    }

    [Fact]
    public async Task Answer_ThereAtOnce_IsNotTimed()
    {
        await RunAsync(streaming: false, _ => Task.CompletedTask);

        Assert.Null(_latency.Percentile(false, 1));
    }

    [BothWays]
    public async Task Failures_AreNoTimes(bool streaming)
    {
        _lab.Primary.Always(Scripted.Throw(LadderLab.Status(400)).Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        await RunAsync(streaming, static call => Assert.ThrowsAsync<HttpRequestException>(() => call));

        Assert.Null(_latency.Percentile(streaming, 1));
    }

    [BothWays]
    public async Task CancelledCalls_LeaveTheTimeTheyWereSilent(bool streaming)
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Hang());
        var client = Client();
        for (var i = 0; i < EndpointLatency.LeastTimes; i++)
        {
            using var caller = new CancellationTokenSource();
            var asking = client.AskAsync(streaming, cancellationToken: caller.Token);
            _lab.Clock.Advance(TimeSpan.FromSeconds(3));
            await caller.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        }

        Assert.Equal(TimeSpan.FromSeconds(3), _latency.Percentile(streaming, 0.5));
        await AnswerAsync(client, streaming, 10);
        Assert.Equal(TimeSpan.FromSeconds(1), _latency.Percentile(streaming, 0.3));
    }

    [Fact]
    public async Task AbandonedStreams_LeaveTheTimeTheyWereSilent_ButNotAfterContent()
    {
        LadderLab.GoOnInline();
        _lab.Primary.Always(Scripted.Give(new TextReasoningContent("hm"), new TextContent("a")).Paced(_lab.Clock, TimeSpan.FromSeconds(3)));
        await AbandonAsync(afterUpdates: 2, silence: 1);
        Assert.Equal(TimeSpan.FromSeconds(4), _latency.Percentile(true, 1));

        await AbandonAsync(afterUpdates: 3, silence: 10);
        Assert.Equal(TimeSpan.FromSeconds(6), _latency.Percentile(true, 1));
    }

    [Fact]
    public async Task Ladder_TellsTheMetricWhichEndpointTookHowLong()
    {
        var name = $"model-{Guid.NewGuid()}";
        List<(double Value, Dictionary<string, object?> Tags)> seen = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, l) =>
            {
                if (instrument.Name == "resilient_llm.endpoint.time_to_first_content")
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary();
            lock (seen)
            {
                // The meter is the process's, and other tests ask meanwhile.
                if (Equals(all["model"], name))
                {
                    seen.Add((value, all));
                }
            }
        });
        listener.Start();
        _lab.Primary.Always(Scripted.Answer("a", "b").Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = _lab.Builder().AddModel(name, _lab.Primary).Build();

        await _lab.RunAsync(ladder.AskAsync(streaming: false));
        await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal([(2.0, false), (1.0, true)], seen.Select(static s => (s.Value, (bool)s.Tags["streaming"]!)));
        Assert.All(seen, s => Assert.Equal(name, s.Tags["endpoint"]));
    }

    private CircuitBreakerChatClient Client() => new(_lab.Primary, new CircuitBreaker(timeProvider: _lab.Clock), null, _lab.Clock, _latency);

    private async Task RunAsync(bool streaming, Func<Task<ChatResponse>, Task> observe)
    {
        var client = Client();
        for (var i = 0; i < EndpointLatency.LeastTimes; i++)
        {
            var call = client.AskAsync(streaming);
            while (!call.IsCompleted && _lab.Clock.AdvanceToNextTimer())
            {
            }

            await observe(call);
        }
    }

    private async Task AnswerAsync(IChatClient client, bool streaming, int times)
    {
        _lab.Primary.Always(Scripted.Answer("a").Delayed(_lab.Clock, TimeSpan.FromSeconds(1)));
        for (var i = 0; i < times; i++)
        {
            await _lab.RunAsync(client.AskAsync(streaming));
        }
    }

    private async Task AbandonAsync(int afterUpdates, int silence)
    {
        var client = Client();
        for (var i = 0; i < EndpointLatency.LeastTimes; i++)
        {
            await using var stream = client.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
            for (var read = 0; read < afterUpdates; read++)
            {
                Assert.True(await _lab.RunAsync(stream.MoveNextAsync().AsTask()));
            }

            _lab.Clock.Advance(TimeSpan.FromSeconds(silence));
        }
    }
}
