using Resilient.Llm.Streams;

namespace Resilient.Llm.Tests;

public sealed class CancellationTokensTests
{
    [Fact]
    public void Combine_OneTokenServes_ReturnsItWithoutASource()
    {
        using var source = new CancellationTokenSource();

        AssertNoSource(source.Token, default, source.Token);
        AssertNoSource(default, source.Token, source.Token);
        AssertNoSource(source.Token, source.Token, source.Token);
        AssertNoSource(default, default, default);
    }

    [Fact]
    public void Combine_OneAlreadyCancelled_ReturnsItWithoutASource()
    {
        using var live = new CancellationTokenSource();
        var cancelled = new CancellationToken(canceled: true);

        AssertNoSource(cancelled, live.Token, cancelled);
        AssertNoSource(live.Token, cancelled, cancelled);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Combine_BothCanBeCancelled_FollowsEither(bool cancelFirst)
    {
        using var a = new CancellationTokenSource();
        using var b = new CancellationTokenSource();
        using var linked = CancellationTokens.Combine(a.Token, b.Token, out var either);

        Assert.NotNull(linked);
        Assert.False(either.IsCancellationRequested);
        (cancelFirst ? a : b).Cancel();

        Assert.True(either.IsCancellationRequested);
    }

    private static void AssertNoSource(CancellationToken ofMethod, CancellationToken ofEnumeration, CancellationToken expected)
    {
        Assert.Null(CancellationTokens.Combine(ofMethod, ofEnumeration, out var either));
        Assert.Equal(expected, either);
    }
}
