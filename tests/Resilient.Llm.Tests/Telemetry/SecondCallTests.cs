using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What metrics, logs and spans tell of calls that join another one: hedges and continuations.</summary>
public sealed class SecondCallTests : IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(500);

    // The meter is one for the whole process: tests that run at the same time are told apart by the names of their models.
    private readonly string _mark = $"-{Guid.NewGuid()}";
    private readonly LadderLab _lab = new();
    private readonly LogCapture _logs = new();
    private readonly List<string> _counted = [];
    private readonly MeterListener _listener = new();

    public SecondCallTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ResilientChatTelemetry.Name && (instrument.Name.Contains("hedges", StringComparison.Ordinal) || instrument.Name.Contains("stream", StringComparison.Ordinal)))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var line = $"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}";
            if (line.Contains(_mark, StringComparison.Ordinal))
            {
                _counted.Add(line.Replace(_mark, "", StringComparison.Ordinal));
            }
        });
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _logs.Dispose();
    }

    [BothWays]
    public async Task Hedge_AnswersFirst_IsCountedAsMadeAndWon(bool streaming)
    {
        _lab.Primary.Always(Scripted.Hang());

        await _lab.RunAsync(Ladder().AskAsync(streaming));

        Assert.Equal(
            ["resilient_llm.hedges 1 model=cheaper endpoint=cheaper from=primary", "resilient_llm.hedges.won 1 model=cheaper endpoint=cheaper"], _counted);
        Assert.Contains(_logs.Entries, entry => entry.Text.StartsWith($"primary{_mark} is slow: asking cheaper{_mark} as well", StringComparison.Ordinal));
    }

    [BothWays]
    public async Task Hedge_IsOutrun_IsCountedAsMadeAlone(bool streaming)
    {
        _lab.Primary.Always(Scripted.Answer("late").Delayed(_lab.Clock, s_delay * 2));
        _lab.Cheaper.Always(Scripted.Hang());

        var answer = await _lab.RunAsync(Ladder().AskAsync(streaming));

        Assert.Equal("late", answer.Text);
        Assert.Equal(["resilient_llm.hedges 1 model=cheaper endpoint=cheaper from=primary"], _counted);
    }

    [BothWays]
    public async Task Model_AnswersInTime_NothingIsCounted(bool streaming)
    {
        await _lab.RunAsync(Ladder().AskAsync(streaming));

        Assert.Empty(_counted);
    }

    [Fact]
    public async Task Continuation_ReachesTheCaller_IsCountedLoggedAndOnTheSpan()
    {
        using var caller = new Activity("caller").Start();
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ResilientChatTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == caller.TraceId)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        _lab.Primary.Always(Scripted.Answer("The first half, ", "cut").BreakingAfter(1, new IOException("reset")));
        _lab.Cheaper.Always(Scripted.Answer("and the second one."));

        var answer = await _lab.RunAsync(Ladder().AskAsync(streaming: true));

        Assert.Equal("The first half, and the second one.", answer.Text);
        Assert.Equal(["resilient_llm.stream.continuations 1 model=cheaper endpoint=cheaper from=primary"], _counted);
        Assert.Contains(_logs.Entries, entry => entry.Text.StartsWith($"The stream of primary{_mark} broke off with Network: cheaper{_mark} goes on with it", StringComparison.Ordinal));
        Assert.Equal(true, Assert.Single(spans).GetTagItem("resilient_llm.continued"));
        Assert.All(_logs.Entries, static entry => Assert.DoesNotContain("half", entry.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Continuation_BreaksBeforeItsFirstText_IsNoContinuation()
    {
        _lab.Primary.Always(Scripted.Answer("The first half, ", "cut").BreakingAfter(1, new IOException("reset")));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(Ladder(chat => chat.WithRetries(o => o.BudgetFloor = 0)).AskAsync(streaming: true)));

        Assert.DoesNotContain(_counted, static line => line.Contains("continuations", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Interruption_IsLoggedWithItsReason()
    {
        _lab.Primary.Always(Scripted.Give(new TextContent("The first half, "), new FunctionCallContent("1", "look")).BreakingAfter(2, new IOException("reset")));

        await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(Ladder().AskAsync(streaming: true)));

        Assert.Contains(
            _logs.Entries,
            entry => entry.Text.StartsWith($"The stream of primary{_mark} broke off with Network and is interrupted: a tool call was delivered", StringComparison.Ordinal));
        Assert.All(_logs.Entries, static entry => Assert.DoesNotContain("half", entry.Text, StringComparison.Ordinal));
    }

    private IChatClient Ladder(Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder()
            .AddModel("primary" + _mark, _lab.Primary).AddModel("cheaper" + _mark, _lab.Cheaper)
            .WithHedging(s_delay)
            .WithFallback(static options => options.MidStream = MidStreamPolicy.Continue);
        configure?.Invoke(builder);
        return builder.Build(_logs.Services);
    }
}
