using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Routing;
using Resilient.Llm.Telemetry;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Building;

/// <summary>Composes the steps of a ladder. <see cref="EndpointComposer"/> composes the endpoints.</summary>
internal sealed class LadderComposer(
    IServiceProvider services,
    string? localRegion,
    string? localGeography,
    TimeProvider timeProvider,
    Func<double> randomizer,
    ChatEvents events)
{
    private readonly LadderDescription.Writer _description = new();
    private EndpointComposer _endpoints = null!;
    private ResidencySurvey _residency = null!;
    private ResolvedModel? _lastModel;

    public ResilientChatClient Compose(
        LadderPlan plan, ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes, int clientsAbove)
    {
        _description.Root(options, fallback, probes, clientsAbove);
        _lastModel = plan.Models.LastOrDefault();
        _residency = new(options.Residency, options.Required is not null, clientsAbove);
        _endpoints = new(services, timeProvider, randomizer, events, _description, _residency, probes is not null);
        try
        {
            return Complete(plan, options, fallback, probes);
        }
        catch
        {
            // A failed build must not leave the connections of its first steps open.
            _endpoints.DisposeMade();
            throw;
        }
    }

    private ResilientChatClient Complete(
        LadderPlan plan, ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes)
    {
        var cachePlan = plan.Steps.OfType<CachedAnswersPlan>().FirstOrDefault();
        var cache = cachePlan is null
            ? null
            : new AnswerCache(cachePlan.Options, timeProvider, localGeography, services, events.StoreFault, events.NotStored);
        if (cache is { Mode: CachedAnswerMode.ReadThrough })
        {
            _residency.Add(cache);
            _description.Line(1, "cached answers, read through");
        }

        Step[] steps = [.. plan.Steps.SelectMany((step, level) => Steps(step, level, cache))];
        RoutedModel[] routed = [.. plan.Models.Where(static model => model.Endpoints.Count > 1).Select(model => Routed(model, steps))];
        IChatClient ladder = new FallbackChatClient(
            steps, fallback, timeProvider, events, routed is [] ? null : routed, isCached: cache is not null);
        if (cache is not null)
        {
            ladder = new CachedAnswerChatClient(ladder, cache, isInLadder: true);
        }

        var map = _residency.ToMap(localGeography);
        events.WarnOfUnreachable(map);
        return new(
            ladder,
            options,
            timeProvider,
            events,
            _endpoints.Circuits,
            _endpoints.Regions,
            _description.ToDescription(),
            map,
            probes is null ? null : Probes(probes, options.Residency));
    }

    private ChatProbes Probes(ChatProbeOptions options, DataResidency policy) =>
        new(_endpoints.Probed, new(ShallowCopy.Of(options), policy.Intersect(options.Residency), timeProvider, events), randomizer);

    private List<Step> Steps(StepPlan plan, int level, AnswerCache? cache)
    {
        switch (plan)
        {
            case ResolvedModel model:
                return Model(model, level);
            case CachedAnswersPlan { Options.Mode: CachedAnswerMode.OnFailure }:
                _description.Line(1, "cached answers, on failure");
                _residency.Add(cache!);
                return [Step.Code(new CachedAnswerStep(cache!), level, localGeography)];
            case LastResortPlan lastResort:
                _description.Line(1, "last resort: rules, search, apology");
                var client = new LastResortChatClient(
                    lastResort.LastResort, localGeography, services, timeProvider, events.LastResortFault);
                _residency.Add(client.Settings);
                return [Step.Code(client, level, localGeography)];
            default:
                return [];
        }
    }

    private List<Step> Model(ResolvedModel model, int level)
    {
        var (builder, endpoints) = model;
        var named = model.HasEndpoints ? new(builder.Name, null) : endpoints[0].Endpoint;
        _description.Model(named, builder.ContextWindow, builder.Capabilities);
        var steps = new List<Step>();
        foreach (var endpoint in endpoints)
        {
            if (model.HasEndpoints)
            {
                _description.EndpointName(endpoint.Endpoint, endpoint.Weight);
            }

            var hasHedgeCandidate = !ReferenceEquals(model, _lastModel) || model.HasEndpoints;
            steps.Add(_endpoints.Compose(builder, endpoint, level, hasHedgeCandidate));
        }

        return steps;
    }

    private RoutedModel Routed(ResolvedModel model, Step[] steps)
    {
        var count = model.Endpoints.Count;
        var start = Array.FindIndex(steps, step => step.Local is null && step.Name == model.Model.Name);
        var regions = model.Endpoints
            .Select(static endpoint => endpoint.Endpoint.Region)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Count();
        var strategy = model.Model.Routing ?? (regions > 1 ? RoutingStrategy.LowestLatency : RoutingStrategy.Ordered);
        return new(strategy, steps, start, count, localRegion, localGeography, randomizer);
    }
}
