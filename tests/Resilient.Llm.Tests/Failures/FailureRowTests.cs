using Resilient.Llm.Failures;

namespace Resilient.Llm.Tests;

/// <summary>A kind of failure is one row, and each has one.</summary>
public sealed class FailureRowTests
{
    public static TheoryData<FailureKind> Kinds { get; } = [.. Enum.GetValues<FailureKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Of_EveryKind_IsItsOwnRow(FailureKind kind)
    {
        Assert.Equal(kind, FailureTable.Of(kind).Kind);
        Assert.Equal(FailureTable.Of(kind).Reaction, FailureTable.Reactions[(int)kind]);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(999)]
    public void Of_KindThatDoesNotExist_IsUnknown(int kind) => Assert.Equal(FailureKind.Unknown, FailureTable.Of((FailureKind)kind).Kind);

    [Fact]
    public void ByKind_KindWithoutARowOrWithTwo_IsRefused()
    {
        FailureRow[] rows = [.. Enum.GetValues<FailureKind>().Select(FailureTable.Of)];

        Assert.Contains("FailureKind.Cancelled", Assert.Throws<InvalidOperationException>(() => FailureTable.ByKind(rows[..^1])).Message, StringComparison.Ordinal);
        Assert.Contains("FailureKind.Unknown", Assert.Throws<InvalidOperationException>(() => FailureTable.ByKind([rows[0], .. rows])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Row_CallThatWasNotMade_SaysNothingAboutTheEndpoint(FailureKind kind)
    {
        var row = FailureTable.Of(kind);

        Assert.True(row.Subject == FailureSubject.Endpoint || (row.Health == HealthEffect.Neutral && !row.RetrySameEndpoint));
        Assert.True(!row.StartsCooldownUnasked || row.Health == HealthEffect.StartsCooldown);
    }
}
