using System.Globalization;
using Resilient.Llm.Chaos.Experiments;

namespace Resilient.Llm.Chaos.GameDays;

/// <summary>What is wrong with a scenario, however it was made: the same for code and files.</summary>
internal static class ScenarioValidation
{
    /// <summary>All of it, each with the place that a file has for it.</summary>
    public static IEnumerable<(string Path, string Message)> ErrorsOf(GameDayScenario scenario) =>
        [.. OfScenario(scenario), .. OfHypothesis(scenario.Hypothesis), .. OfLoad(scenario), .. OfAbort(scenario.Abort), .. OfTimeline(scenario)];

    private static IEnumerable<(string, string)> OfScenario(GameDayScenario scenario)
    {
        if (string.IsNullOrWhiteSpace(scenario.Name))
        {
            yield return ("$.name", "is blank. Give the game day a name; the scorecard is headed with it.");
        }

        if (scenario.Duration <= TimeSpan.Zero || scenario.Duration > TimeSpan.FromHours(24))
        {
            yield return ("$.duration", $"is {scenario.Duration:c}. Set it to more than zero and 24 hours at most.");
        }
    }

    private static IEnumerable<(string, string)> OfHypothesis(GameDayHypothesis it) => new[]
    {
        Share("$.hypothesis.answered", it.Answered),
        Share("$.hypothesis.byModel", it.ByModel),
        Share("$.hypothesis.brokenStreams", it.BrokenStreams),
        Share("$.hypothesis.answeredWithin.share", it.AnsweredWithin?.Share),
        Positive("$.hypothesis.answeredWithin.time", it.AnsweredWithin?.Time),
        Positive("$.hypothesis.firstContentP99", it.FirstContentP99),
    }.OfType<(string, string)>();

    private static IEnumerable<(string, string)> OfLoad(GameDayScenario scenario)
    {
        var load = scenario.Load;
        var shares = load.Residencies.Sum(static residency => residency.Share);
        return new[]
        {
            Unless(load.RequestsPerSecond is > 0 and <= 10_000, "$.load.requestsPerSecond", load.RequestsPerSecond, "more than 0 and 10,000 at most"),
            Unless(load.RampUp >= TimeSpan.Zero && load.RampUp <= scenario.Duration, "$.load.rampUp", load.RampUp, "zero or more and the duration of the game day at most"),
            Share("$.load.streams", load.Streams),
            Share("$.load.newQuestions", load.NewQuestions),
            Unless(load.MaxInFlight is >= 1 and <= 100_000, "$.load.maxInFlight", load.MaxInFlight, "1 to 100,000"),
            Unless(load.Questions.Count > 0, "$.load.questions", "empty", "one question at least"),
            Unless(shares <= 1 + 1e-9, "$.load.residencies", string.Create(CultureInfo.InvariantCulture, $"{shares:0.###} by its shares together"), "1 at most together"),
        }.OfType<(string, string)>()
            .Concat(Blank("$.load.questions", load.Questions))
            .Concat(Blank("$.load.tenants", load.Tenants))
            .Concat(load.Residencies.SelectMany(static (residency, i) => OfResidency(residency, $"$.load.residencies[{i}]")));
    }

    private static IEnumerable<(string, string)> OfResidency(GameDayResidency it, string path) => new[]
    {
        Unless(it.Share is > 0 and <= 1, $"{path}.share", it.Share, "more than 0 and 1 at most"),
        Unless(it.Within.Count > 0, $"{path}.within", "empty", "one geography at least, for example EU"),
    }.OfType<(string, string)>().Concat(Blank($"{path}.within", it.Within));

    private static IEnumerable<(string, string)> OfAbort(GameDayAbort? it) => it is null ? [] : new[]
    {
        Unless(it.AnsweredBelow is null or (> 0 and <= 1), "$.abort.answeredBelow", it.AnsweredBelow, "more than 0 and 1 at most"),
        Unless(it.Window >= TimeSpan.FromSeconds(1) && it.Window <= TimeSpan.FromHours(1), "$.abort.window", it.Window, "1 second to 1 hour"),
        Unless(it.MinRequests >= 1, "$.abort.minRequests", it.MinRequests, "1 or more"),
        Unless(it.Failures is null or >= 1, "$.abort.failures", it.Failures, "1 or more"),
    }.OfType<(string, string)>();

    private static IEnumerable<(string, string)> OfTimeline(GameDayScenario scenario)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return scenario.Timeline.SelectMany((step, i) =>
            OfStep(scenario, step, i, isTwin: !names.Add(step.Experiment.Name)).ToArray() is { Length: > 0 } errors ? errors : OfExperiment(step.Experiment, i));
    }

    private static IEnumerable<(string, string)> OfStep(GameDayScenario scenario, GameDayStep step, int index, bool isTwin)
    {
        var (path, experiment) = ($"$.timeline[{index}]", step.Experiment);
        var isWithin = step.At >= TimeSpan.Zero && step.At < scenario.Duration;
        return new[]
        {
            Unless(!string.IsNullOrWhiteSpace(experiment.Name), $"{path}.name", "blank", "what the experiment is to be called"),
            Unless(!isTwin, $"{path}.name", $"'{experiment.Name}', as of another step", "a name of its own"),
            Unless(isWithin, $"{path}.at", step.At, "a time within the duration of the game day"),
            Unless(experiment.Duration > TimeSpan.Zero && (!isWithin || experiment.Duration <= scenario.Duration - step.At), $"{path}.duration", experiment.Duration, "more than zero, so that it ends within the game day"),
            Unless(experiment.Rate is > 0 and <= 1, $"{path}.rate", experiment.Rate, "more than 0 and 1 at most"),
            Unless(experiment.Target.Share is > 0 and <= 1, $"{path}.target.share", experiment.Target.Share, "more than 0 and 1 at most"),
            Unless(experiment.Fault.AfterContents >= 0, $"{path}.fault.afterContents", experiment.Fault.AfterContents, "0 or more"),
            Unless(experiment.Fault.RetryAfter is null || experiment.Fault.RetryAfter >= TimeSpan.Zero, $"{path}.fault.retryAfter", experiment.Fault.RetryAfter, "zero or more"),
            Unless(
                experiment.Fault is not { Kind: ChaosFaultKind.Latency or ChaosFaultKind.SlowStream, Latency: null },
                $"{path}.fault.latency", "missing", $"how late calls are, since the fault is {experiment.Fault.Kind}"),
            Unless(experiment.Guard?.MinSuccessRate is null or (> 0 and <= 1), $"{path}.guard.minSuccessRate", experiment.Guard?.MinSuccessRate, "more than 0 and 1 at most"),
            Positive($"{path}.guard.maxP99", experiment.Guard?.MaxP99),
            Unless(experiment.Guard is null or { MinRequests: >= 1 }, $"{path}.guard.minRequests", experiment.Guard?.MinRequests, "1 or more"),
            Unless(
                experiment.Guard is null || (experiment.Guard.Window >= TimeSpan.FromSeconds(1) && experiment.Guard.Window <= TimeSpan.FromMinutes(10)),
                $"{path}.guard.window", experiment.Guard?.Window, "1 second to 10 minutes"),
        }.OfType<(string, string)>();
    }

    /// <summary>What else the controller would refuse.</summary>
    private static IEnumerable<(string, string)> OfExperiment(ChaosExperiment experiment, int index)
    {
        try
        {
            ChaosExperimentCheck.Check(experiment, TimeSpan.FromHours(24), []);
            return [];
        }
        catch (ArgumentException exception)
        {
            return [($"$.timeline[{index}]", $"is refused. {exception.Message}")];
        }
    }

    private static IEnumerable<(string, string)> Blank(string path, IReadOnlyList<string> texts) =>
        texts.Select((text, i) => Unless(!string.IsNullOrWhiteSpace(text), $"{path}[{i}]", "blank", "text, or leave it out")).OfType<(string, string)>();

    private static (string, string)? Share(string path, double? value) => Unless(value is null or (>= 0 and <= 1), path, value, "0 to 1; 0.99 is 99 of 100");

    private static (string, string)? Positive(string path, TimeSpan? value) => Unless(value is null || value > TimeSpan.Zero, path, value, "more than zero");

    private static (string, string)? Unless(bool holds, string path, object? value, string remedy) =>
        holds ? null : (path, string.Create(CultureInfo.InvariantCulture, $"is {value}. Set it to {remedy}."));
}
