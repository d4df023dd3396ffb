using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Puts the boxes into each other. The order of an endpoint's layers stands here and nowhere else.</summary>
internal sealed class LadderComposer(
    IServiceProvider services, ChatPolicies root, string? localGeography, TimeProvider timeProvider, Func<double> randomizer, ChatEvents events)
{
    private readonly ChatCircuits _circuits = new();
    private readonly LadderDescription.Writer _description = new();
    private readonly List<IDisposable> _made = [];

    public ResilientChatClient Compose(List<RungPlan> plans, ResilientChatClientOptions options, ChatFallbackOptions fallback, int clientsAbove)
    {
        _description.Root(options, fallback, clientsAbove);
        try
        {
            var cachePlan = plans.OfType<CachedAnswersPlan>().FirstOrDefault();
            var cache = cachePlan is null ? null : new AnswerCache(cachePlan.Options, timeProvider, localGeography, services, events.StoreFault);
            if (cache is { Mode: CachedAnswerMode.ReadThrough })
            {
                _description.Line(1, "cached answers, read through");
            }

            var rungs = new List<Rung>();
            foreach (var plan in plans)
            {
                if (Rung(plan, cache) is { } rung)
                {
                    rungs.Add(rung);
                }
            }

            IChatClient ladder = new FallbackChatClient([.. rungs], fallback, timeProvider, events);
            if (cache is not null)
            {
                ladder = new CachedAnswerChatClient(ladder, cache, isInLadder: true);
            }

            return new(ladder, options, timeProvider, events, _circuits, _description.ToDescription());
        }
        catch
        {
            // A ladder that could not be finished must not leave the connections of its first rungs open.
            DisposeMade();
            throw;
        }
    }

    private Rung? Rung(RungPlan plan, AnswerCache? cache)
    {
        switch (plan)
        {
            case ModelPlan model:
                var rung = Model(model);
                _made.Add(rung.Client!);
                return rung;
            case CachedAnswersPlan { Options.Mode: CachedAnswerMode.OnFailure }:
                _description.Line(1, "cached answers, on failure");
                return Llm.Rung.Code(new CachedAnswerRung(cache!), localGeography);
            case LastResortPlan lastResort:
                _description.Line(1, "last resort: rules, search, apology");
                return Llm.Rung.Code(
                    new LastResortChatClient(lastResort.LastResort, localGeography, services, timeProvider, events.LastResortFault), localGeography);
            default:
                return null;
        }
    }

    private Rung Model(ModelPlan plan)
    {
        var model = plan.Model;
        var endpoint = new EndpointIdentity(model.Name, model.Name, model.Region, model.Geography);
        ChatPolicies[] levels = [root, model.Policies];
        var failures = ChatPolicies.Resolve(levels, static p => p.Failures);
        var classifier = new ChatFailureClassifier(failures, timeProvider);
        _description.Model(endpoint, model.ContextWindow);
        var latency = new EndpointLatency();
        var retries = ChatPolicies.Resolve(levels, static p => p.Retries);
        retries.Validate($"Model '{model.Name}'");
        var extraCalls = new ExtraCallBudget(timeProvider, retries.BudgetRatio, retries.BudgetFloor);
        var hedging = levels.Any(static level => level.Hedging.Count > 0) ? ChatPolicies.Resolve(levels, static p => p.Hedging) : null;
        var trigger = hedging is null ? null : new HedgeTrigger(hedging, extraCalls, latency, $"Model '{model.Name}'");
        var client = Endpoint(endpoint, plan.Source, levels, classifier, latency, retries, extraCalls, hedging);
        return Llm.Rung.Model(endpoint, client, classifier, model.ContextWindow, model.Configure, model.TakesProviderFields, extraCalls, trigger);
    }

    /// <summary>Retry → RateLimit → CircuitBreaker → Timeout → judge → WithPipeline → Use → Guard → the provider's client.</summary>
    private RetryChatClient Endpoint(
        EndpointIdentity endpoint,
        ClientSource source,
        ChatPolicies[] levels,
        ChatFailureClassifier classifier,
        EndpointLatency latency,
        ChatRetryOptions retries,
        ExtraCallBudget extraCalls,
        ChatHedgingOptions? hedging)
    {
        var rateLimit = ChatPolicies.Resolve(levels, static p => p.RateLimit);
        var breakerOptions = ChatPolicies.Resolve(levels, static p => p.CircuitBreaker);
        breakerOptions.SlowCallDuration ??= hedging?.SlowCallDuration;
        var timeouts = ChatPolicies.Resolve(levels, static p => p.Timeouts);
        var users = levels.SelectMany(static p => p.Clients).ToArray();
        var pipelines = levels.SelectMany(static p => p.Pipelines).ToArray();

        var breaker = new CircuitBreaker(breakerOptions, timeProvider, randomizer);
        breaker.Transitioned += change => events.CircuitChanged(endpoint, change);
        _circuits.Add(new(endpoint, breaker));

        var provider = source.Make(services)
            ?? throw new InvalidOperationException($"Model '{endpoint.Model}' has no client: its factory returned null. Return an IChatClient.");
        WarnOfFunctionInvocation(endpoint, provider);
        IChatClient client = new EndpointGuardChatClient(provider, endpoint.DisplayName, endpoint.Geography, source.IsOwned);
        _made.Add(client);
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

        client = new AnswerJudgeChatClient(client, classifier, isolates: users.Length > 0);
        client = new TimeoutChatClient(client, timeouts, timeProvider);
        client = new CircuitBreakerChatClient(client, breaker, classifier, timeProvider, latency);
        if (rateLimit.HasLimits)
        {
            client = new RateLimitChatClient(client, rateLimit, timeProvider);
        }

        _description.Endpoint(retries, hedging, rateLimit, breakerOptions, timeouts, pipelines.Length, users.Length, provider);
        return new(client, retries, classifier, timeProvider, randomizer, events, extraCalls);
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
    private void WarnOfFunctionInvocation(EndpointIdentity endpoint, IChatClient client)
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
