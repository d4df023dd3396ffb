using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Every fault in a whole ladder: as what it is read, and what it does to the endpoint's health.</summary>
public sealed class FaultHealthTests : IDisposable
{
    private static readonly TimeSpan s_ages = TimeSpan.FromMinutes(5);

    private readonly FaultLab _lab = new();

    /// <summary>The fault, the kind of failure for a plain call and for a stream (null: an answer), and the effect on health.</summary>
    public static TheoryData<ChaosFaultKind, FailureKind?, FailureKind?, Health> Faults => new()
    {
        { ChaosFaultKind.Latency, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.SlowStream, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.ConnectionRefused, FailureKind.Network, FailureKind.Network, Health.Failure },
        { ChaosFaultKind.ConnectionReset, FailureKind.Network, FailureKind.Network, Health.Failure },
        { ChaosFaultKind.NameResolution, FailureKind.Network, FailureKind.Network, Health.Failure },
        { ChaosFaultKind.TlsFailure, FailureKind.Network, FailureKind.Network, Health.Failure },
        { ChaosFaultKind.RateLimited, FailureKind.RateLimited, FailureKind.RateLimited, Health.Failure },
        { ChaosFaultKind.QuotaExhausted, FailureKind.QuotaExhausted, FailureKind.QuotaExhausted, Health.Cooldown },
        { ChaosFaultKind.ServerError, FailureKind.ServerError, FailureKind.ServerError, Health.Failure },
        { ChaosFaultKind.Overloaded, FailureKind.ServerError, FailureKind.ServerError, Health.Failure },
        { ChaosFaultKind.Unauthorized, FailureKind.Unauthorized, FailureKind.Unauthorized, Health.Failure },
        { ChaosFaultKind.ModelUnavailable, FailureKind.ModelUnavailable, FailureKind.ModelUnavailable, Health.Failure },
        { ChaosFaultKind.InvalidRequest, FailureKind.InvalidRequest, FailureKind.InvalidRequest, Health.Neutral },
        { ChaosFaultKind.ContextTooLong, FailureKind.ContextTooLong, FailureKind.ContextTooLong, Health.Neutral },
        { ChaosFaultKind.ContentFiltered, null, null, Health.Neutral },
        { ChaosFaultKind.Hang, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.DeafHang, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.KeepAlivesOnly, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.EmptyAnswer, FailureKind.InvalidResponse, FailureKind.InvalidResponse, Health.Failure },
        { ChaosFaultKind.ErrorEvent, FailureKind.ServerError, FailureKind.ServerError, Health.Failure },
        { ChaosFaultKind.CutStream, FailureKind.Network, FailureKind.Network, Health.Failure },
        { ChaosFaultKind.StalledStream, FailureKind.Timeout, FailureKind.Timeout, Health.Failure },
        { ChaosFaultKind.MalformedChunk, FailureKind.InvalidResponse, FailureKind.InvalidResponse, Health.Failure },
        { ChaosFaultKind.NoFinishReason, FailureKind.InvalidResponse, FailureKind.InvalidResponse, Health.Failure },
        { ChaosFaultKind.Severed, FailureKind.Network, FailureKind.Network, Health.Failure },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Fault_PlainCall_IsReadAndCountedAsTheTableSays(ChaosFaultKind kind, FailureKind? plain, FailureKind? stream, Health health)
    {
        _ = stream;
        return CheckAsync(kind, streaming: false, plain, health);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public Task Fault_Stream_IsReadAndCountedAsTheTableSays(ChaosFaultKind kind, FailureKind? plain, FailureKind? stream, Health health)
    {
        _ = plain;
        return CheckAsync(kind, streaming: true, stream, health);
    }

    [Fact]
    public void Faults_EveryKind_IsInTheTable() => Assert.Equal(Enum.GetValues<ChaosFaultKind>(), Faults.Select(static row => (ChaosFaultKind)((object[])row)[0]).Order());

    public void Dispose() => _lab.Dispose();

    /// <summary>With a circuit that opens at the first failure: one that is still closed has seen none.</summary>
    private async Task CheckAsync(ChaosFaultKind kind, bool streaming, FailureKind? expected, Health health)
    {
        var ladder = _lab.Ladder(static chat => chat.WithRetries(0).WithCircuitBreaker(failures: 1, within: TimeSpan.FromHours(1), breakFor: TimeSpan.FromHours(1)));
        using var run = _lab.Start(new(kind) { Latency = kind is ChaosFaultKind.Latency or ChaosFaultKind.SlowStream ? ChaosLatency.Fixed(s_ages) : null });

        var outcome = await _lab.AskAsync(ladder, streaming);

        Assert.Equal(expected, outcome.Primary.Failure);
        var circuit = ladder.GetRequiredService<ChatCircuits>().Get("primary");
        Assert.Equal(health == Health.Failure ? CircuitState.Open : CircuitState.Closed, circuit.State);
        Assert.Equal(health == Health.Cooldown, circuit.IsCoolingDown);
    }

    public enum Health
    {
        Neutral,
        Failure,
        Cooldown,
    }
}
