using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class SecretTests
{
    private const string Secret = "s3cr3t";

    private readonly LadderLab _lab = new();
    private readonly ConcurrentQueue<string> _seen = new();

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Secret_InPromptKeyAndHost_AppearsNowhere(string name, Exception failure, bool streaming, bool isAnswered)
    {
        using var logs = new LogCapture();
        using var metrics = ListenToMetrics();
        using var activities = ListenToActivities();
        _lab.FailPrimary(failure);
        _lab.Cheaper.Always(isAnswered ? Scripted.Answer("answer") : Scripted.Throw(failure));
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary).AddModel("cheaper", _lab.Cheaper)
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10))
            .OnRetry(e => _seen.Enqueue(e.ToString())).OnFallback(e => _seen.Enqueue(e.ToString())).OnCompleted(e => See(e.Report))
            .OnCircuitChanged(e => throw new InvalidOperationException(e.Model + Secret))
            .Build(logs.Services);

        try
        {
            See((await _lab.RunAsync(ladder.AskAsync(streaming, $"my key is {Secret}", new() { ModelId = $"https://{Secret}.host" }))).GetResilienceReport()!);
        }
        catch (ResilientChatException exception)
        {
            _seen.Enqueue(exception.Message);
        }
        catch (Exception exception) when (ReferenceEquals(exception, failure))
        {
            // The caller's own mistake, as it came.
        }

        Assert.NotEmpty(_seen);
        Assert.True(name == "413" || !logs.Entries.IsEmpty);
        Assert.All(_seen.Concat(logs.Entries.Select(static e => e.Text)), text => Assert.False(text.Contains(Secret, StringComparison.OrdinalIgnoreCase), $"{name}: {text}"));
    }

    public static TheoryData<string, Exception, bool, bool> Failures()
    {
        var data = new TheoryData<string, Exception, bool, bool>();
        foreach (var streaming in new[] { false, true })
        {
            foreach (var isAnswered in new[] { false, true })
            {
                foreach (var status in new[] { 401, 404, 413, 429, 500 })
                {
                    data.Add($"{status}", new HttpRequestException($"https://{Secret}.host?key={Secret}: {Secret}", null, (System.Net.HttpStatusCode)status), streaming, isAnswered);
                }

                data.Add("network", new IOException(Secret), streaming, isAnswered);
                data.Add("unknown", new InvalidOperationException(Secret, new FormatException(Secret)), streaming, isAnswered);
                data.Add("timeout", new TimeoutException(Secret), streaming, isAnswered);
            }
        }

        return data;
    }

    [Fact]
    public async Task Secret_InAStreamThatBreaks_IsOnlyInThePartialResponse()
    {
        _lab.Primary.Always(Scripted.Answer(Secret, "b").BreakingAfter(1, new IOException(Secret)));

        var interruption = await Assert.ThrowsAsync<ChatStreamInterruptedException>(
            () => _lab.Models(static chat => chat.WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt)).AskAsync(streaming: true, Secret));

        Assert.DoesNotContain(Secret, interruption.Message, StringComparison.Ordinal);
        See(interruption.Report);
        Assert.All(_seen, static text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
        Assert.Equal(Secret, interruption.PartialResponse.Text);
    }

    private void See(ResilienceReport report) =>
        _seen.Enqueue(JsonSerializer.Serialize(report, ResilienceReportJsonContext.Default.ResilienceReport));

    private MeterListener ListenToMetrics()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, l) =>
            {
                if (instrument.Meter.Name == ResilientChatTelemetry.Name)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => See(tags));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => See(tags));
        listener.Start();
        return listener;

        void See(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                _seen.Enqueue($"{tag.Key}={tag.Value}");
            }
        }
    }

    private ActivityListener ListenToActivities()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ResilientChatTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _seen.Enqueue($"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.Select(static e => e.Name))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
