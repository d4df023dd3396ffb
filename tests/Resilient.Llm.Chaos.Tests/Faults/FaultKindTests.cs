
namespace Resilient.Llm.Chaos.Tests;

public sealed class FaultKindTests : IDisposable
{
    private readonly FaultLab _lab = new();

    public static TheoryData<ChaosFaultKind, FailureKind> Kinds => new()
    {
        { ChaosFaultKind.ConnectionRefused, FailureKind.Network },
        { ChaosFaultKind.ConnectionReset, FailureKind.Network },
        { ChaosFaultKind.NameResolution, FailureKind.Network },
        { ChaosFaultKind.TlsFailure, FailureKind.Network },
        { ChaosFaultKind.Severed, FailureKind.Network },
        { ChaosFaultKind.RateLimited, FailureKind.RateLimited },
        { ChaosFaultKind.QuotaExhausted, FailureKind.QuotaExhausted },
        { ChaosFaultKind.ServerError, FailureKind.ServerError },
        { ChaosFaultKind.Overloaded, FailureKind.ServerError },
        { ChaosFaultKind.Unauthorized, FailureKind.Unauthorized },
        { ChaosFaultKind.ModelUnavailable, FailureKind.ModelUnavailable },
        { ChaosFaultKind.InvalidRequest, FailureKind.InvalidRequest },
        { ChaosFaultKind.ContextTooLong, FailureKind.ContextTooLong },
        { ChaosFaultKind.CutStream, FailureKind.Network },
        { ChaosFaultKind.MalformedChunk, FailureKind.InvalidResponse },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Exception_OfAKind_IsReadAsTheRealOne(ChaosFaultKind kind, FailureKind expected) =>
        Assert.Equal(expected, ChatFailureClassifier.Default.Classify(ChaosExceptions.Of(new(kind))!).Kind);

    [Fact]
    public void Exception_RateLimitedWithRetryAfter_IsReadWithIt() =>
        Assert.Equal(TimeSpan.FromSeconds(7), ChatFailureClassifier.Default.Classify(ChaosExceptions.Of(ChaosFault.RateLimited(TimeSpan.FromSeconds(7)))!).RetryAfter);

    public void Dispose() => _lab.Dispose();
}
