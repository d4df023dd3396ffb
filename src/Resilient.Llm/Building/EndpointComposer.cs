using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Probes;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>Composes the endpoints of one ladder, each as a step: the provider's client, its guard, and the layers around them.</summary>
internal sealed class EndpointComposer(
    IServiceProvider services,
    TimeProvider timeProvider,
    Func<double> randomizer,
    ChatEvents events,
    LadderDescription.Writer description,
    ResidencySurvey residency,
    bool isProbed)
{
    private readonly List<IDisposable> _made = [];

    public ChatCircuits Circuits { get; } = new();

    public ChatRegions Regions { get; } = new(events);

    /// <summary>The endpoints that active probes can call; empty without probes.</summary>
    public List<ProbeTarget> Probed { get; } = [];

    public Step Compose(ChatModelBuilder model, ResolvedEndpoint plan, int level, bool hasHedgeCandidate)
    {
        var parts = Parts(plan, hasHedgeCandidate);
        var provider = Provider(plan);
        var client = Chain(model, plan, parts, provider);
        _made.Add(client);
        var hedging = plan.Policies.Find<ChatHedgingOptions>();
        return new()
        {
            Endpoint = plan.Endpoint,
            Level = level,
            Client = client,
            Given = provider,
            Classifier = parts.Classifier,
            ContextWindow = model.ContextWindow,
            Capabilities = model.Capabilities,
            Configure = model.Configure,
            Hedging = hedging is null ? null : new HedgeTrigger(hedging, parts.RetryBudget, parts.Latency),
            RetryBudget = parts.RetryBudget,
            Latency = parts.Latency,
            Weight = plan.Weight,
            AcceptsProviderFields = model.TakesProviderFields,
        };
    }

    /// <summary>Disposes what was made, in reverse order.</summary>
    public void DisposeMade()
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            // The caller must see the error that prevented the build, and the remaining clients still have to be disposed.
            ForeignCode.Run(_made[i], static made => made.Dispose());
        }
    }

    private EndpointParts Parts(ResolvedEndpoint plan, bool hasHedgeCandidate)
    {
        var retries = plan.Policies.Get<ChatRetryOptions>();
        return new(
            plan.Endpoint,
            plan.Policies,
            new(plan.Policies.Get<ChatFailureOptions>(), timeProvider),
            new(),
            new(timeProvider, retries.BudgetRatio, retries.BudgetFloor),
            Regions.Add(plan.Endpoint),
            isProbed ? new() : null,
            hasHedgeCandidate,
            services,
            timeProvider,
            randomizer,
            events);
    }

    private IChatClient Chain(ChatModelBuilder model, ResolvedEndpoint plan, EndpointParts parts, IChatClient provider)
    {
        IChatClient client = new EndpointGuardChatClient(provider, plan.Endpoint.DisplayName, plan.Endpoint.Geography, plan.Source.IsOwned);
        _made.Add(client);
        IChatClient? probed = null;
        var lines = new Stack<string>([$"client: {provider.GetType().Name}"]);
        foreach (var layer in EndpointLayers.All.Reverse())
        {
            if (!layer.IsProbed)
            {
                probed ??= client;
            }

            (client, var line) = layer.Wrap(client, parts);
            if (line is not null)
            {
                lines.Push(line);
            }
        }

        foreach (var line in lines)
        {
            description.Line(2, line);
        }

        FunctionInvocation.Warn(parts.Events, plan.Endpoint, client);
        var breaker = client.GetRequiredService<CircuitBreakerChatClient>().Breaker;
        Circuits.Add(new(plan.Endpoint, breaker));

        probed ??= client;

        // A ladder below would treat a probe as a request, with report and callbacks. It can have its own probes.
        if (parts.Traffic is { } traffic && provider.GetService(typeof(ResilientChatClient)) is null)
        {
            Probed.Add(new(plan.Endpoint, probed, AvailabilityOf.Client(probed)!, breaker, parts.Classifier, model.Configure, traffic));
        }

        return client;
    }

    private IChatClient Provider(ResolvedEndpoint plan)
    {
        var provider = plan.Source.Make(services) ?? throw new InvalidOperationException(
            $"Model '{plan.Endpoint.Model}' has no client: its factory returned null. Return an IChatClient.");
        residency.Add(plan.Endpoint, EndpointLayers.All.Sum(layer => layer.CountOwnCode(plan.Policies)), provider);
        return provider;
    }
}
