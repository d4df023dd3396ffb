using Resilient.Llm.Requests;

namespace Resilient.Llm.Building;

/// <summary>Finds what is wrong with a ladder before anything is made. Every message names the fix.</summary>
internal static class LadderValidation
{
    private static readonly string[] s_reserved = ["cache", "last-resort"];

    public static void Check(
        List<StepPlan> steps, ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes)
    {
        options.Validate();
        fallback.Validate(nameof(ResilientChatBuilder));
        var models = steps.OfType<ModelPlan>().ToArray();
        Require(models.Length > 0, "The ladder has no model. Add at least one with AddModel(name, client).");
        CheckNames(models);
        CheckOrder(steps);
        CheckRegions(models);
        CheckResidency(models, options.Residency);
        CheckProbes(models, probes, options.Residency);
        foreach (var cache in steps.OfType<CachedAnswersPlan>())
        {
            cache.Options.Validate();
        }

        foreach (var model in models)
        {
            CheckEndpoints(model);
        }
    }

    /// <summary>Compares an endpoint's timeouts with the request's deadlines.</summary>
    public static void CheckTimes(string owner, ChatTimeoutOptions timeouts, ResilientChatClientOptions options)
    {
        CheckWithin(
            owner, nameof(timeouts.AttemptTimeout), timeouts.AttemptTimeout,
            nameof(options.AnswerWithin), options.AnswerWithin, "a plain answer");
        CheckWithin(
            owner, nameof(timeouts.FirstContentTimeout), timeouts.FirstContentTimeout,
            nameof(options.FirstContentWithin), options.FirstContentWithin, "the first content of a stream");
    }

    private static void CheckNames(ModelPlan[] models)
    {
        foreach (var group in models.GroupBy(static m => m.Model.Name, StringComparer.Ordinal))
        {
            Require(
                group.Count() == 1,
                $"Two models are named '{group.Key}'. Give each its own name: reports, metrics and circuits tell them apart by it.");
            Require(
                !s_reserved.Contains(group.Key),
                $"A model is named '{group.Key}', which reports use for the rung of that kind. Give it another name.");
        }
    }

    private static void CheckEndpoints(ModelPlan plan)
    {
        var (name, endpoints) = (plan.Model.Name, plan.Model.Endpoints);
        Require(
            endpoints.Count == 0 || plan.Source.IsKeyed,
            $"Model '{name}' has both a client and endpoints. "
            + $"Give each endpoint its client with AddEndpoint(name, client), inside AddModel(\"{name}\", model => …), "
            + "and the model none.");
        Require(
            plan.Model.Routing is null || endpoints.Count > 0,
            $"Model '{name}' has a routing strategy, but no endpoints. Add them with AddEndpoint(name, client), or leave RouteBy out.");
        foreach (var group in endpoints.GroupBy(static e => e.Endpoint.Name, StringComparer.Ordinal))
        {
            Require(
                group.Count() == 1,
                $"Two endpoints of model '{name}' are named '{group.Key}'. "
                + "Give each its own name: reports, metrics and circuits tell them apart by it.");
        }
    }

    private static void CheckOrder(List<StepPlan> steps)
    {
        var lastResort = steps.FindIndex(static r => r is LastResortPlan);
        Require(
            lastResort < 0 || lastResort == steps.Count - 1,
            "A rung stands below the last resort, which always answers: it would never be asked. Call AddLastResort last.");
        Require(
            steps.OfType<CachedAnswersPlan>().Count() <= 1,
            "AddCachedAnswers was called twice. Call it once: it serves the whole ladder.");
        var cache = steps.FindIndex(static r => r is CachedAnswersPlan { Options.Mode: CachedAnswerMode.OnFailure });
        Require(
            cache < 0 || steps.Take(cache).Any(static r => r is ModelPlan),
            "Cached answers stand above every model in the mode OnFailure, in which they answer only when a model above them failed. "
            + "Call AddCachedAnswers after AddModel, or set Mode to ReadThrough.");
    }

    /// <summary>
    /// One of the two is a mistake, and it decides where data goes. An undeclared geography gets no bound request in any case.
    /// </summary>
    private static void CheckRegions(ModelPlan[] models)
    {
        foreach (var region in models.SelectMany(Places)
            .Where(static place => place is { Region: not null, Geography: not null })
            .GroupBy(static place => place.Region, StringComparer.OrdinalIgnoreCase))
        {
            var first = region.First();
            var other = region.FirstOrDefault(place =>
                !string.Equals(place.Geography, first.Geography, StringComparison.OrdinalIgnoreCase)) ?? first;
            Require(
                ReferenceEquals(other, first),
                $"Region '{region.Key}' is declared in two geographies: {first.Geography} ({first.DisplayName}) "
                + $"and {other.Geography} ({other.DisplayName}). "
                + "Declare the same geography wherever InRegion names that region; "
                + "where two providers use one name for different places, tell them apart, for example 'azure-central' and 'aws-central'.");
        }
    }

    private static void CheckResidency(ModelPlan[] models, DataResidency residency) => Require(
        models.SelectMany(Places).Any(place => residency.Allows(place.Geography)),
        $"WithResidency allows data only in: {residency}. No model lies there "
        + $"({string.Join(", ", models.SelectMany(Places).Select(static p => $"{p.DisplayName}: {p.Geography ?? "undeclared"}"))}). "
        + "Declare where models lie with InRegion(region, geography), or widen the residency.");

    private static void CheckProbes(ModelPlan[] models, ChatProbeOptions? probes, DataResidency residency)
    {
        probes?.Validate();
        Require(
            probes is null || models.SelectMany(Places).Any(place => residency.Intersect(probes.Residency).Allows(place.Geography)),
            $"{nameof(ChatProbeOptions)}.{nameof(ChatProbeOptions.Residency)} is {probes?.Residency}, "
            + $"where no model lies that the ladder's own residency ({residency}) allows: nothing could be probed. "
            + "Widen it, or leave WithActiveProbes out.");
    }

    private static IEnumerable<Endpoint> Places(ModelPlan plan) => plan.Model.Identities();

    private static void CheckWithin(
        string owner, string option, TimeSpan? attempt, string bound, TimeSpan deadline, string what) => Require(
        attempt is not { } time || time == Timeout.InfiniteTimeSpan || deadline == Timeout.InfiniteTimeSpan || time <= deadline,
        $"{owner}: {nameof(ChatTimeoutOptions)}.{option} is {attempt}, more than the {deadline} ({bound}) that a request has for {what}. "
        + $"Shorten {option}, or lengthen the deadline with AnswerWithin(answer, firstContent).");

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
