using Resilient.Llm.Chaos.Faults;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>The failure table reads what is thrown as it reads the exceptions of real clients.</summary>
public sealed class ChaosExceptionsTests
{
    [Theory]
    [InlineData(ChaosFaultKind.ConnectionRefused, FailureKind.Network)]
    [InlineData(ChaosFaultKind.ConnectionReset, FailureKind.Network)]
    [InlineData(ChaosFaultKind.NameResolution, FailureKind.Network)]
    [InlineData(ChaosFaultKind.TlsFailure, FailureKind.Network)]
    [InlineData(ChaosFaultKind.Severed, FailureKind.Network)]
    [InlineData(ChaosFaultKind.RateLimited, FailureKind.RateLimited)]
    [InlineData(ChaosFaultKind.QuotaExhausted, FailureKind.QuotaExhausted)]
    [InlineData(ChaosFaultKind.ServerError, FailureKind.ServerError)]
    [InlineData(ChaosFaultKind.Overloaded, FailureKind.ServerError)]
    [InlineData(ChaosFaultKind.Unauthorized, FailureKind.Unauthorized)]
    [InlineData(ChaosFaultKind.ModelUnavailable, FailureKind.ModelUnavailable)]
    [InlineData(ChaosFaultKind.InvalidRequest, FailureKind.InvalidRequest)]
    [InlineData(ChaosFaultKind.ContextTooLong, FailureKind.ContextTooLong)]
    [InlineData(ChaosFaultKind.CutStream, FailureKind.Network)]
    [InlineData(ChaosFaultKind.MalformedChunk, FailureKind.InvalidResponse)]
    public void Of_FaultThatThrows_IsReadAsTheRealOne(ChaosFaultKind kind, FailureKind expected)
    {
        var exception = ChaosExceptions.Of(new(kind))!;

        Assert.Equal((expected, null), (ChatFailureClassifier.Default.Classify(exception).Kind, ChatFailureClassifier.Default.Classify(exception).RetryAfter));
        Assert.Contains("chaos experiment", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_RateLimitedWithATime_IsReadWithIt() => Assert.Equal(
        TimeSpan.FromSeconds(7), ChatFailureClassifier.Default.Classify(ChaosExceptions.Of(ChaosFault.RateLimited(TimeSpan.FromSeconds(7)))!).RetryAfter);

    [Fact]
    public void Of_EveryOtherFault_DoesNotThrow() => Assert.Equal(
        [
            ChaosFaultKind.Latency, ChaosFaultKind.SlowStream, ChaosFaultKind.ContentFiltered, ChaosFaultKind.Hang, ChaosFaultKind.DeafHang,
            ChaosFaultKind.KeepAlivesOnly, ChaosFaultKind.EmptyAnswer, ChaosFaultKind.ErrorEvent, ChaosFaultKind.StalledStream, ChaosFaultKind.NoFinishReason,
        ],
        Enum.GetValues<ChaosFaultKind>().Where(static kind => ChaosExceptions.Of(new(kind)) is null));
}
