namespace Resilient.Llm.Chaos.Tests;

/// <summary>Scorecards made by hand, to be rendered.</summary>
internal static class Cards
{
    /// <summary>Ten seconds with everything a scorecard can show.</summary>
    public static Scorecard Rich() => Empty() with
    {
        Name = "A rich day",
        Description = "Everything that can be shown.",
        Verdict = GameDayVerdict.NotHeld,
        Checks = [new("answered", "≥ 100 %", "88.88 % (80 of 90)", false), new("residency violations", "0", "3", false, "A note.")],
        Requests = new() { Asked = 90, Answered = 80, Failed = 6, Broken = 3, Unfinished = 1, Streams = 45, Continued = 2, ByModel = 60, Shed = 4 },
        Steps = [new("smart", 40, 40 / 90.0), new("cheaper", 20, 20 / 90.0), new("cache", 10, 10 / 90.0), new("last-resort", 10, 10 / 90.0)],
        Failures = [new("ServerError", 10, 10 / 90.0)],
        FirstContent = new(Ms(50), Ms(800), Ms(2_500), Ms(9_000)),
        Endpoints = [new("smart", "east", "us-east", "US", 120, 12), new("smart", "north", null, "EU", 30, 0), new("cheaper", "cheaper", null, null, 10, 0)],
        Experiments =
        [
            new()
            {
                Name = "east is down", What = "ConnectionRefused; east", StartedAt = Ms(2_000), EndedAt = Ms(6_000), EndedBy = "Expired", Injected = 12, Affected = ["smart/east"],
                TimeToDetect = Ms(300), DetectedBy = "circuit opened", TimeToRecover = Ms(1_500), ExtraLoad = new(12, 60, 9, 15),
            },
            new()
            {
                Name = "a name so long that it does not fit above its band", What = "Severed; shelf", StartedAt = Ms(5_000), EndedAt = Ms(7_000), EndedBy = "Killed", Injected = 3, Affected = [],
            },
        ],
        Phases = [new("steady state", Ms(0), Ms(2_000), 20, 20, new(Ms(50), Ms(60), Ms(70), Ms(80)), [new("smart", 20, 1)])],
        Residency = new(20, 25, [new("smart/east", "US", "EU", 3)]),
        Series =
        [
            .. Enumerable.Range(0, 10).Select(static second => new ScorecardPoint(
                TimeSpan.FromSeconds(second),
                second switch
                {
                    2 => new Dictionary<string, int> { ["smart"] = 4, ["cheaper"] = 2, ["cache"] = 1, ["last-resort"] = 1 },
                    5 => new Dictionary<string, int>(),
                    _ => new Dictionary<string, int> { ["smart"] = 9 },
                },
                second is 2 or 5 ? 1 : 0,
                second == 5 ? null : Ms(50 + second),
                second == 5 ? null : Ms(1_000 + (100 * second)))),
        ],
    };

    /// <summary>A game day on which nothing was asked.</summary>
    public static Scorecard Empty() => new()
    {
        Name = "Empty",
        StartedAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Duration = TimeSpan.FromSeconds(10),
        Verdict = GameDayVerdict.Held,
        Checks = [],
        Requests = new(),
        Steps = [],
        Failures = [],
        FirstContent = new(null, null, null, null),
        FirstContentOfStreams = new(null, null, null, null),
        FirstContentOfPlainAnswers = new(null, null, null, null),
        Endpoints = [],
        Experiments = [],
        Phases = [],
        Residency = new(0, 0, []),
        SeriesStep = TimeSpan.FromSeconds(1),
        Series = [],
    };

    /// <summary>One with the same text wherever a name of the application stands.</summary>
    public static Scorecard Hostile(string text)
    {
        var rich = Rich();
        return rich with
        {
            Name = text,
            Description = text,
            AbortReason = text,
            Checks = [new(text, text, text, false, text)],
            Steps = [new(text, 1, 1)],
            Failures = [new(text, 1, 1)],
            Endpoints = [new(text, text, text, text, 1, 1)],
            Experiments = [rich.Experiments[0] with { Name = text, What = text, StartedAt = TimeSpan.Zero, EndedAt = Ms(10_000), Affected = [text], DetectedBy = text }],
            Phases = [rich.Phases[0] with { Name = text, Steps = [new(text, 1, 1)] }],
            Residency = new(1, 1, [new(text, text, text, 1)]),
            Series = [new(TimeSpan.Zero, new Dictionary<string, int> { [text] = 1 }, 0, null, null)],
        };
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
