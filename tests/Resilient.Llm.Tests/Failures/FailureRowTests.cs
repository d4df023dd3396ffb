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

        Assert.Contains($"FailureKind.{rows[^1].Kind}", Assert.Throws<InvalidOperationException>(() => FailureTable.ByKind(rows[..^1])).Message, StringComparison.Ordinal);
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

    [Fact]
    public void Rows_RareColumns_BelongToTheirKinds()
    {
        Assert.Equal([FailureKind.Timeout], With(static row => row.IsDeadline));
        Assert.Equal([FailureKind.RateLimited], With(static row => row.RetriesOnlyIfAsked));
        Assert.Equal([FailureKind.QuotaExhausted], With(static row => row.StartsCooldownUnasked));
        Assert.Equal([FailureKind.InvalidRequest], With(static row => row.StepDownRule == StepDownRule.NotFromFirst));
        Assert.Equal([FailureKind.ContextTooLong], With(static row => row.StepDownRule == StepDownRule.LargerWindowOnly));
        Assert.Equal([FailureKind.Unsupported], With(static row => row.StepDownRule == StepDownRule.AnotherModelOnly));
        Assert.Equal([FailureKind.ContentFiltered, FailureKind.TokenLimitReached], With(static row => row.IsAnswerToHealth));
        Assert.Equal([FailureKind.ContentFiltered], With(static row => row.KeepsContentBefore));
        Assert.Equal([FailureKind.ModelUnavailable, FailureKind.InvalidRequest], With(static row => row.RefusesUnknownState));
        Assert.Equal([FailureKind.Unauthorized], With(static row => row.Hint == FailureHint.CheckKey));
        Assert.Equal([FailureKind.RateLimited], With(static row => row.Hint == FailureHint.ShowRetryAfter));
        Assert.Equal([FailureKind.Unknown], With(static row => row.Hint == FailureHint.Classify));
    }

    private static IEnumerable<FailureKind> With(Func<FailureRow, bool> condition) =>
        Enum.GetValues<FailureKind>().Where(kind => condition(FailureTable.Of(kind)));
}
