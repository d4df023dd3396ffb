using System.Globalization;
using Resilient.Llm.Chaos.Experiments;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>Validates scenarios, whether from code or from a file.</summary>
internal static class ScenarioValidation
{
    /// <summary>All errors, each with its path in a file.</summary>
    public static IEnumerable<(string Path, string Message)> ErrorsOf(GameDayScenario scenario)
    {
        (string, string)?[] errors =
        [
            .. OfScenario(scenario), .. OfHypothesis(scenario.Hypothesis), .. OfLoad(scenario),
            .. OfAbort(scenario.Abort), .. OfTimeline(scenario),
        ];
        return errors.OfType<(string, string)>();
    }

    private static (string, string)?[] OfScenario(GameDayScenario it) =>
    [
        string.IsNullOrWhiteSpace(it.Name) ? ("$.name", "is blank. Give the game day a name; the scorecard is headed with it.") : null,
        Unless(
            it.Duration > TimeSpan.Zero && it.Duration <= TimeSpan.FromHours(24),
            "$.duration", it.Duration, "more than zero and 24 hours at most"),
    ];

    private static (string, string)?[] OfHypothesis(GameDayHypothesis it) =>
    [
        Share("$.hypothesis.answered", it.Answered),
        Share("$.hypothesis.byModel", it.ByModel),
        Share("$.hypothesis.brokenStreams", it.BrokenStreams),
        Share("$.hypothesis.answeredWithin.share", it.AnsweredWithin?.Share),
        Positive("$.hypothesis.answeredWithin.time", it.AnsweredWithin?.Time),
        Positive("$.hypothesis.firstContentP99", it.FirstContentP99),
    ];

    private static (string, string)?[] OfLoad(GameDayScenario scenario)
    {
        var load = scenario.Load;
        var shares = load.Residencies.Sum(static residency => residency.Share);
        return
        [
            Unless(
                load.RequestsPerSecond is > 0 and <= 10_000,
                "$.load.requestsPerSecond",
                load.RequestsPerSecond,
                "more than 0 and 10,000 at most"),
            Unless(
                load.RampUp >= TimeSpan.Zero && load.RampUp <= scenario.Duration,
                "$.load.rampUp", load.RampUp, "zero or more and the duration of the game day at most"),
            Share("$.load.streams", load.Streams),
            Share("$.load.newQuestions", load.NewQuestions),
            Unless(load.MaxInFlight is >= 1 and <= 100_000, "$.load.maxInFlight", load.MaxInFlight, "1 to 100,000"),
            Unless(load.Questions.Count > 0, "$.load.questions", "empty", "one question at least"),
            Unless(
                shares <= 1 + 1e-9,
                "$.load.residencies", FormattableString.Invariant($"{shares:0.###} by its shares together"), "1 at most together"),
            .. Blank("$.load.questions", load.Questions),
            .. Blank("$.load.tenants", load.Tenants),
            .. load.Residencies.SelectMany(static (residency, i) => OfResidency(residency, $"$.load.residencies[{i}]")),
        ];
    }

    private static (string, string)?[] OfResidency(GameDayResidency it, string path) =>
    [
        Unless(it.Share is > 0 and <= 1, $"{path}.share", it.Share, "more than 0 and 1 at most"),
        Unless(it.Within.Count > 0, $"{path}.within", "empty", "one geography at least, for example EU"),
        .. Blank($"{path}.within", it.Within),
    ];

    private static (string, string)?[] OfAbort(GameDayAbort? it) => it is null ? [] :
    [
        Unless(it.AnsweredBelow is null or (> 0 and <= 1), "$.abort.answeredBelow", it.AnsweredBelow, "more than 0 and 1 at most"),
        Unless(
            it.Window >= TimeSpan.FromSeconds(1) && it.Window <= TimeSpan.FromHours(1), "$.abort.window", it.Window, "1 second to 1 hour"),
        Unless(it.MinRequests >= 1, "$.abort.minRequests", it.MinRequests, "1 or more"),
        Unless(it.Failures is null or >= 1, "$.abort.failures", it.Failures, "1 or more"),
    ];

    private static IEnumerable<(string, string)?> OfTimeline(GameDayScenario scenario)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return scenario.Timeline.SelectMany((step, i) =>
        {
            var path = $"$.timeline[{i}]";
            var errors = OfStep(scenario, step, path, isTwin: !names.Add(step.Experiment.Name));
            return Array.Exists(errors, static error => error is not null) ? errors : [OfExperiment(step.Experiment, path)];
        });
    }

    private static (string, string)?[] OfStep(GameDayScenario scenario, GameDayStep step, string path, bool isTwin)
    {
        var (it, fault, guard) = (step.Experiment, step.Experiment.Fault, step.Experiment.Guard);
        var isWithin = step.At >= TimeSpan.Zero && step.At < scenario.Duration;
        return
        [
            Unless(!string.IsNullOrWhiteSpace(it.Name), $"{path}.name", "blank", "what the experiment is to be called"),
            Unless(!isTwin, $"{path}.name", $"'{it.Name}', as of another step", "a name of its own"),
            Unless(isWithin, $"{path}.at", step.At, "a time within the duration of the game day"),
            Unless(
                it.Duration > TimeSpan.Zero && (!isWithin || it.Duration <= scenario.Duration - step.At),
                $"{path}.duration", it.Duration, "more than zero, so that it ends within the game day"),
            Unless(it.Rate is > 0 and <= 1, $"{path}.rate", it.Rate, "more than 0 and 1 at most"),
            Unless(it.Target.Share is > 0 and <= 1, $"{path}.target.share", it.Target.Share, "more than 0 and 1 at most"),
            Unless(fault.AfterContents >= 0, $"{path}.fault.afterContents", fault.AfterContents, "0 or more"),
            Unless(!(fault.RetryAfter < TimeSpan.Zero), $"{path}.fault.retryAfter", fault.RetryAfter, "zero or more"),
            Unless(
                fault is not { Kind: ChaosFaultKind.Latency or ChaosFaultKind.SlowStream, Latency: null },
                $"{path}.fault.latency", "missing", $"how late calls are, since the fault is {fault.Kind}"),
            Unless(
                guard?.MinSuccessRate is null or (> 0 and <= 1),
                $"{path}.guard.minSuccessRate", guard?.MinSuccessRate, "more than 0 and 1 at most"),
            Positive($"{path}.guard.maxP99", guard?.MaxP99),
            Unless(guard is null or { MinRequests: >= 1 }, $"{path}.guard.minRequests", guard?.MinRequests, "1 or more"),
            Unless(
                guard is null || (guard.Window >= TimeSpan.FromSeconds(1) && guard.Window <= TimeSpan.FromMinutes(10)),
                $"{path}.guard.window", guard?.Window, "1 second to 10 minutes"),
        ];
    }

    /// <summary>Errors that the controller would report.</summary>
    private static (string, string)? OfExperiment(ChaosExperiment experiment, string path)
    {
        try
        {
            ChaosExperimentCheck.Check(experiment, TimeSpan.FromHours(24), []);
            return null;
        }
        catch (ArgumentException exception)
        {
            return (path, $"is refused. {exception.Message}");
        }
    }

    private static IEnumerable<(string, string)?> Blank(string path, IReadOnlyList<string> texts) =>
        texts.Select((text, i) => Unless(!string.IsNullOrWhiteSpace(text), $"{path}[{i}]", "blank", "text, or leave it out"));

    private static (string, string)? Share(string path, double? value) =>
        Unless(value is null or (>= 0 and <= 1), path, value, "0 to 1; 0.99 is 99 of 100");

    private static (string, string)? Positive(string path, TimeSpan? value) =>
        Unless(value is null || value > TimeSpan.Zero, path, value, "more than zero");

    private static (string, string)? Unless(bool holds, string path, object? value, string remedy) =>
        holds ? null : (path, string.Create(CultureInfo.InvariantCulture, $"is {value}. Set it to {remedy}."));
}
