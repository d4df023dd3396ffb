using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Probes;
using Resilient.Llm.Requests;
using Resilient.Llm.Routing;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>Puts the boxes into each other. The order of an endpoint's layers stands here and nowhere else.</summary>
internal sealed class LadderComposer(
    IServiceProvider services, ChatPolicies root, string? localRegion, string? localGeography, TimeProvider timeProvider, Func<double> randomizer, ChatEvents events)
{
    private readonly ChatCircuits _circuits = new();
    private readonly ChatRegions _regions = new(events);
    private readonly LadderDescription.Writer _description = new();
    private readonly List<IDisposable> _made = [];
    private readonly List<ProbeTarget> _probed = [];
    private bool _isProbed;
    private ChatModelBuilder? _lastModel;
    private ResidencySurvey _residency = null!;

    public ResilientChatClient Compose(List<StepPlan> plans, ResilientChatClientOptions options, ChatFallbackOptions fallback, ChatProbeOptions? probes, int clientsAbove)
    {
        _description.Root(options, fallback, probes, clientsAbove);
        _isProbed = probes is not null;
        _lastModel = plans.OfType<ModelPlan>().LastOrDefault()?.Model;
        _residency = new(options.Residency, options.Required is not null, clientsAbove);
        try
        {
            var cachePlan = plans.OfType<CachedAnswersPlan>().FirstOrDefault();
            var cache = cachePlan is null ? null : new AnswerCache(cachePlan.Options, timeProvider, localGeography, services, events.StoreFault);
            if (cache is { Mode: CachedAnswerMode.ReadThrough })
            {
                _residency.Add(cache);
                _description.Line(1, "cached answers, read through");
            }

            var steps = new List<Step>();
            var level = 0;
            foreach (var plan in plans)
            {
                steps.AddRange(Steps(plan, level++, cache));
            }

            Step[] all = [.. steps];
            RoutedModel[] routed = [.. plans.OfType<ModelPlan>().Where(static plan => plan.Model.Endpoints.Count > 1).Select(plan => Routed(plan.Model, all))];
            IChatClient ladder = new FallbackChatClient(all, fallback, timeProvider, events, routed is [] ? null : routed);
            if (cache is not null)
            {
                ladder = new CachedAnswerChatClient(ladder, cache, isInLadder: true);
            }

            var map = _residency.ToMap(localGeography);
            events.WarnOfUnreachable(map);
            return new(ladder, options, timeProvider, events, _circuits, _regions, _description.ToDescription(), map, probes is null ? null : Probes(probes, options.Residency));
        }
        catch
        {
            // A ladder that could not be finished must not leave the connections of its first rungs open.
            DisposeMade();
            throw;
        }
    }

    private ChatProbes Probes(ChatProbeOptions options, DataResidency policy) =>
        new(_probed, new(options.Copy(), policy.Intersect(options.Residency), timeProvider, events), randomizer);

    private List<Step> Steps(StepPlan plan, int level, AnswerCache? cache)
    {
        switch (plan)
        {
            case ModelPlan model:
                return Model(model, level);
            case CachedAnswersPlan { Options.Mode: CachedAnswerMode.OnFailure }:
                _description.Line(1, "cached answers, on failure");
                _residency.Add(cache!);
                return [Step.Code(new CachedAnswerStep(cache!), level, localGeography)];
            case LastResortPlan lastResort:
                _description.Line(1, "last resort: rules, search, apology");
                var client = new LastResortChatClient(lastResort.LastResort, localGeography, services, timeProvider, events.LastResortFault);
                _residency.Add(client.Settings);
                return [Step.Code(client, level, localGeography)];
            default:
                return [];
        }
    }

    private List<Step> Model(ModelPlan plan, int level)
    {
        var model = plan.Model;
        Endpoint[] identities = [.. model.Identities()];
        if (model.Endpoints.Count == 0)
        {
            _description.Model(identities[0], model.ContextWindow, model.Capabilities);
            return [EndpointStep(model, identities[0], plan.Source, [root, model.Policies], level)];
        }

        _description.Model(new(model.Name, null), model.ContextWindow, model.Capabilities);
        var steps = new List<Step>();
        for (var i = 0; i < identities.Length; i++)
        {
            var (endpoint, source, _) = model.Endpoints[i];
            _description.EndpointName(identities[i], endpoint.Weight);
            steps.Add(EndpointStep(model, identities[i], source, [root, model.Policies, endpoint.Policies], level, endpoint.Weight));
        }

        return steps;
    }

    private Step EndpointStep(ChatModelBuilder model, Endpoint endpoint, ClientSource source, ChatPolicies[] levels, int level, double weight = 1)
    {
        var failures = ChatPolicies.Resolve(levels, static p => p.Failures);
        var classifier = new ChatFailureClassifier(failures, timeProvider);
        var latency = new EndpointLatency();
        var retries = ChatPolicies.Resolve(levels, static p => p.Retries);
        var name = $"Model '{endpoint.DisplayName}'";
        retries.Validate(name);
        var extraCalls = new RetryBudget(timeProvider, retries.BudgetRatio, retries.BudgetFloor);
        var hedging = levels.Any(static policies => policies.Hedging.Count > 0) ? ChatPolicies.Resolve(levels, static p => p.Hedging) : null;
        var trigger = hedging is null ? null : new HedgeTrigger(hedging, extraCalls, latency, name);
        var client = Endpoint(
            endpoint, source, levels, classifier, latency, retries, extraCalls, hedging, model.Configure, isAlone: ReferenceEquals(model, _lastModel) && model.Endpoints.Count == 0);
        _made.Add(client);
        return new()
        {
            Endpoint = endpoint,
            Level = level,
            Client = client,
            Classifier = classifier,
            ContextWindow = model.ContextWindow,
            Capabilities = model.Capabilities,
            Configure = model.Configure,
            Hedging = trigger,
            RetryBudget = extraCalls,
            Latency = latency,
            Weight = weight,
            AcceptsProviderFields = model.TakesProviderFields,
        };
    }

    private RoutedModel Routed(ChatModelBuilder model, Step[] steps)
    {
        var start = Array.FindIndex(steps, step => step.Local is null && step.Name == model.Name);
        var strategy = model.Routing ?? (steps.Skip(start).Take(model.Endpoints.Count).Select(static step => step.Endpoint.Region).Distinct(StringComparer.OrdinalIgnoreCase).Count() > 1
            ? RoutingStrategy.LowestLatency
            : RoutingStrategy.Ordered);
        return new(strategy, steps, start, model.Endpoints.Count, localRegion, localGeography, randomizer);
    }

    /// <summary>Retry → RateLimit → CircuitBreaker → Timeout → judge → WithPipeline → Use → UseInnermost → Guard → the provider's client.</summary>
    private RetryChatClient Endpoint(
        Endpoint endpoint,
        ClientSource source,
        ChatPolicies[] levels,
        ChatFailureClassifier classifier,
        EndpointLatency latency,
        ChatRetryOptions retries,
        RetryBudget extraCalls,
        ChatHedgingOptions? hedging,
        Action<ChatOptions>? configure,
        bool isAlone)
    {
        var rateLimit = ChatPolicies.Resolve(levels, static p => p.RateLimit);
        var breakerOptions = ChatPolicies.Resolve(levels, static p => p.CircuitBreaker);
        var timeouts = ChatPolicies.Resolve(levels, static p => p.Timeouts);
        var users = levels.SelectMany(static p => p.Clients).ToArray();
        var innermost = levels.SelectMany(static p => p.Innermost).ToArray();
        var pipelines = levels.SelectMany(static p => p.Pipelines).ToArray();

        // A tenth of the calls may be hedged. When all of them are slow, it takes the circuit to send them elsewhere.
        var slowCalls = hedging?.StatedDelay is { } delay ? SlowCallBound.Adaptive(timeProvider, delay, hedging.Percentile, latency) : null;
        var breaker = new CircuitBreaker(breakerOptions, timeProvider, randomizer, slowCalls);
        breaker.Transitioned += change => events.CircuitChanged(endpoint, change);
        breaker.Transitioned += change =>
        {
            // The slow times would keep the lowest latency from going back for thousands of requests: so rarely is another endpoint explored.
            if (change.EndsSlowness)
            {
                latency.ForgetAverage();
            }
        };
        _circuits.Add(new(endpoint, breaker));

        var provider = source.Make(services)
            ?? throw new InvalidOperationException($"Model '{endpoint.Model}' has no client: its factory returned null. Return an IChatClient.");
        WarnOfFunctionInvocation(endpoint, provider);
        _residency.Add(endpoint, users.Length + innermost.Length + pipelines.Length, provider);
        IChatClient client = new EndpointGuardChatClient(provider, endpoint.DisplayName, endpoint.Geography, source.IsOwned);
        _made.Add(client);
        client = Innermost(client, innermost, endpoint, out var standIns);

        for (var i = users.Length - 1; i >= 0; i--)
        {
            client = users[i](client, services)
                ?? throw new InvalidOperationException($"Model '{endpoint.Model}': a function given to Use returned null. Return the client that wraps the given one.");
            WarnOfFunctionInvocation(endpoint, client);
        }

        for (var i = pipelines.Length - 1; i >= 0; i--)
        {
            client = new PipelineChatClient(client, pipelines[i]);
        }

        client = new AnswerJudgeChatClient(client, classifier, isolates: users.Length + innermost.Length > 0);
        client = new TimeoutChatClient(client, timeouts, timeProvider);
        var traffic = _isProbed ? new EndpointTraffic() : null;
        client = new CircuitBreakerChatClient(client, breaker, classifier, timeProvider, latency, _regions.Add(endpoint), traffic);
        if (rateLimit.HasLimits)
        {
            client = new RateLimitChatClient(client, rateLimit, timeProvider);
        }

        // A ladder below would take a probe for a request, with report, callbacks and all: it can have probes of its own.
        if (traffic is not null && provider.GetService(typeof(ResilientChatClient)) is null)
        {
            _probed.Add(new(endpoint, client, AvailabilityOf.Client(client)!, breaker, classifier, configure, traffic));
        }

        _description.Endpoint(retries, hedging, isAlone, rateLimit, breakerOptions, timeouts, pipelines.Length, users.Length, standIns, provider);
        return new(client, retries, classifier, timeProvider, randomizer, events, extraCalls);
    }

    /// <summary>Puts the clients around the guard that were asked for with UseInnermost, and tells their types, outermost first.</summary>
    private IChatClient Innermost(
        IChatClient client, Func<IChatClient, ChatEndpointInfo, IServiceProvider, IChatClient>[] innermost, Endpoint endpoint, out string[] types)
    {
        var info = new ChatEndpointInfo(endpoint.Model, endpoint.Name ?? endpoint.Model, endpoint.Region, endpoint.Geography);
        var added = new List<string>();
        for (var i = innermost.Length - 1; i >= 0; i--)
        {
            var inner = client;
            client = innermost[i](inner, info, services)
                ?? throw new InvalidOperationException(
                    $"Model '{endpoint.Model}': a function given to UseInnermost returned null. Return the client that wraps the given one, or the given one itself.");
            if (!ReferenceEquals(client, inner))
            {
                // One that found itself there already hands back what it was given.
                added.Insert(0, client.GetType().Name);
                WarnOfFunctionInvocation(endpoint, client);
            }
        }

        types = [.. added];
        return client;
    }

    private void DisposeMade()
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            try
            {
                _made[i].Dispose();
            }
            catch (Exception)
            {
                // Foreign code; what kept the ladder from being built is the news, and the others still have to be disposed.
            }
        }
    }

    /// <summary>Functions below the ladder would run again at every retry, and again at the next model.</summary>
    private void WarnOfFunctionInvocation(Endpoint endpoint, IChatClient client)
    {
        // By name: the type lives in a package that this one does not need.
        for (var type = client.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == "Microsoft.Extensions.AI.FunctionInvokingChatClient")
            {
                events.FunctionInvocationBelow(endpoint);
                return;
            }
        }
    }
}
