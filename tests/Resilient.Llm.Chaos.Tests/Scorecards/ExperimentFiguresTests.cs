using Resilient.Llm.Chaos.GameDays;
using Resilient.Llm.Chaos.Scorecards;

namespace Resilient.Llm.Chaos.Tests;

public class ExperimentFiguresTests
{
    private static readonly ChatEndpointInfo s_east = new("smart", "east", "east", "US");
    private static readonly AttemptReport s_onEast = new() { Step = "smart", Endpoint = "east", Duration = Seconds(0.1) };
    private static readonly AttemptReport s_failedEast = s_onEast with { Failure = FailureKind.Network };
    private static readonly AttemptReport s_onNorth = new() { Step = "smart", Endpoint = "north", Duration = Seconds(0.1) };
    private static readonly AttemptReport s_eastIsOpen = new() { Step = "smart", Endpoint = "east", SkipReason = "circuit open", Failure = FailureKind.CircuitOpen };

    private readonly GameDayRecord _record;
    private TimeSpan _now;

    /// <summary>Twenty seconds, of which "east" is down from the fifth to the tenth; before that, every request of each half second calls it once.</summary>
    public ExperimentFiguresTests()
    {
        var scenario = GameDayScenario.Named("figures").Lasting(Seconds(20)).Expecting(new() { AnsweredWithin = new(Seconds(1), 0.9) }).RegionDown("east", Seconds(5), Seconds(5)).Build();
        _record = new(scenario, default, () => _now) { EndedAt = Seconds(20) };
        _record.Experiments.Add(new(scenario.Timeline[0], Seconds(5)) { EndedAt = Seconds(10) });
        for (var at = 0.0; at < 5; at += 0.5)
        {
            Call(at);
            Ask(at, s_onEast);
        }
    }

    [Fact]
    public void ExtraLoad_IsMeasuredAgainstTheSteadyState()
    {
        foreach (var at in new[] { 5.0, 5.2, 5.9, 6.0, 8.0, 10.5 })
        {
            Call(at);
        }

        for (var at = 5.0; at < 8; at += 0.5)
        {
            Ask(at, s_onEast);
        }

        // Six requests would have made six calls. From 5.2 to 6.0 there were three within a second; 5.0 and 6.0 are a whole second apart.
        Assert.Equal(new ScorecardExtraLoad(5, 6, 3, 1.2), Figures().ExtraLoad);
        Assert.Equal(-1, Figures().ExtraLoad!.Extra);
    }

    [Fact]
    public void Detection_PassedOver_CountsFromTheMomentAndNotFromTheRequest()
    {
        // Not everybody called it before, so that to call another one first is no sign.
        Ask(4.9, s_onNorth);
        Ask(5, s_failedEast, s_onNorth);
        Ask(6, s_onNorth with { Duration = Seconds(0.4), Failure = FailureKind.Timeout }, s_eastIsOpen);

        Assert.Equal((Seconds(1.4), "passed over"), (Figures().TimeToDetect, Figures().DetectedBy));
    }

    [Theory]
    [InlineData("rate limited", FailureKind.Rejected, true)]
    [InlineData("no time left", FailureKind.Rejected, false)]
    [InlineData("other residency", FailureKind.Rejected, false)]
    public void Detection_PassedOverForAnotherReason_IsNoSign(string reason, FailureKind failure, bool isSign)
    {
        Ask(5.5, s_failedEast, s_eastIsOpen with { SkipReason = reason, Failure = failure });

        Assert.Equal(isSign ? Seconds(0.6) : null, Figures().TimeToDetect);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Detection_Avoided_OnlyWhereEveryRequestUsedToCallIt(bool always)
    {
        if (!always)
        {
            Ask(4.9, s_onNorth);
        }

        Ask(5.5, s_failedEast, s_onNorth);
        Ask(6.5, s_onNorth);

        Assert.Equal(always ? (Seconds(1.5), "avoided") : (null, null), (Figures().TimeToDetect, Figures().DetectedBy));
    }

    [Fact]
    public void Detection_CircuitOfAnotherEndpointOrAnotherTime_IsNoSign()
    {
        _record.Openings.Enqueue((Seconds(4), "smart", "east"));
        _record.Openings.Enqueue((Seconds(6), "smart", "north"));
        _record.Openings.Enqueue((Seconds(11), "smart", "east"));
        Assert.Null(Figures().TimeToDetect);

        _record.Openings.Enqueue((Seconds(7), "smart", "east"));
        Assert.Equal((Seconds(2), "circuit opened"), (Figures().TimeToDetect, Figures().DetectedBy));
    }

    [Fact]
    public void Recovery_IsWhenItServesAgainAndTheLastBadRequestWasAsked()
    {
        Ask(11, s_onNorth);
        Ask(12, s_onEast);
        Assert.Equal(Seconds(2), Figures().TimeToRecover);

        // Too late is bad as well.
        Ask(13, firstContent: 1.5, s_onEast);
        Ask(14, s_onEast);
        Assert.Equal(Seconds(3), Figures().TimeToRecover);

        Ask(15, firstContent: null, s_onEast);
        Assert.Null(Figures().TimeToRecover);
    }

    [Fact]
    public void Recovery_NeverServesAgain_IsNone()
    {
        Ask(11, s_onNorth);
        Ask(19, s_onNorth);

        Assert.Null(Figures().TimeToRecover);
    }

    private ScorecardExperiment Figures() => new ExperimentFigures(_record, [.. _record.Outcomes.OrderBy(static outcome => outcome.AskedAt)]).Of(_record.Experiments[0]);

    private void Call(double at)
    {
        _now = Seconds(at);
        _record.OnCalled(s_east, injected: false);
    }

    private void Ask(double at, params AttemptReport[] attempts) => Ask(at, firstContent: 0.1, attempts);

    private void Ask(double at, double? firstContent, params AttemptReport[] attempts) => _record.Outcomes.Enqueue(new()
    {
        Request = new(Seconds(at), "?", false, null, null),
        AskedAt = Seconds(at),
        End = firstContent is null ? GameDayEnd.Failed : GameDayEnd.Answered,
        FirstContent = firstContent is { } time ? Seconds(time) : null,
        EndedAt = Seconds(at + 0.1),
        Report = new() { Source = AnswerSource.Model, ServedBy = "smart", Endpoint = attempts[^1].Endpoint, Attempts = attempts },
    });

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
