using System.Diagnostics.Metrics;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A failure is classified once, by the endpoint's own failure table: report, callback, metric and exception agree.</summary>
public sealed class FailureKindTests : IDisposable
{
    private static readonly AsyncLocal<List<string?>?> s_measured = new();

    private readonly LadderLab _lab = new();
    private readonly List<string?> _kinds = [];
    private readonly MeterListener _listener = new();

    public FailureKindTests()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == ResilientChatTelemetry.Name && instrument.Name == "resilient_llm.request.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, _, tags, _) =>
            s_measured.Value?.Add((string?)tags.ToArray().Single(static tag => tag.Key == "failure").Value));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Theory]
    [BothWaysData(FailureKind.InvalidRequest)]
    [BothWaysData(FailureKind.ContentFiltered)]
    [BothWaysData(FailureKind.QuotaExhausted)]
    [BothWaysData(FailureKind.ServerError)]
    public async Task RowOfTheApplication_OfTheOnlyModel_IsTheKindEverywhere(FailureKind kind, bool streaming)
    {
        var completed = await FailAsync(streaming, kind, builder => builder.AddModel("primary", ScriptedChatClient.Throwing(new TheirException())));

        Assert.Equal(kind, Assert.Single(completed.Report.Attempts).Failure);
    }

    [BothWays]
    public async Task RowOfTheApplication_OfTheLastModel_IsTheKindOfTheWhole(bool streaming)
    {
        var completed = await FailAsync(streaming, FailureKind.QuotaExhausted, static builder => builder
            .AddModel("primary", ScriptedChatClient.Throwing(LadderLab.Status(503)))
            .AddModel("cheaper", ScriptedChatClient.Throwing(new TheirException())));

        Assert.Equal([FailureKind.ServerError, FailureKind.QuotaExhausted], completed.Report.Attempts.Select(static attempt => attempt.Failure!.Value));
    }

    [BothWays]
    public async Task RowOfTheApplication_IsAskedOnce(bool streaming)
    {
        var asked = 0;
        var ladder = _lab.Builder()
            .AddModel("primary", ScriptedChatClient.Throwing(new TheirException()), model => model.WithFailures(failures => failures.Extractors.Add(exception =>
            {
                asked += exception is TheirException ? 1 : 0;
                return exception is TheirException ? new(FailureKind.QuotaExhausted) : null;
            })))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        Assert.Equal("from cheaper", (await _lab.RunAsync(ladder.AskAsync(streaming))).Text);

        Assert.Equal(1, asked);
    }

    private async Task<ChatCompletedEvent> FailAsync(bool streaming, FailureKind kind, Func<ResilientChatBuilder, ResilientChatBuilder> models)
    {
        ChatCompletedEvent? completed = null;
        s_measured.Value = _kinds;
        var ladder = models(_lab.Builder()
                .WithRetries(0)
                .WithFailures(failures => failures.Extractors.Add(exception => exception is TheirException ? new(kind) : null))
                .OnCompleted(told => completed = told))
            .Build();

        await Assert.ThrowsAnyAsync<Exception>(() => _lab.RunAsync(ladder.AskAsync(streaming)));

        Assert.Equal(kind, completed!.Failure);
        Assert.Equal([kind.ToString()], _kinds);
        return completed;
    }

    private sealed class TheirException : Exception;
}
