using Polly;
using Resilient.Llm.Building;
using Resilient.Llm.CircuitBreaking;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Pipelines;
using Resilient.Llm.RateLimiting;
using Resilient.Llm.Retries;
using Resilient.Llm.Timeouts;

namespace Resilient.Llm.Tests;

/// <summary>One list says which layers an endpoint has, and in which order.</summary>
public sealed class EndpointLayersTests
{
    [Fact]
    public void All_Order_IsThatOfTheArchitecture() => Assert.Equal(
        [
            typeof(FailureLayer),
            typeof(RetryLayer),
            typeof(HedgingLayer),
            typeof(RateLimitLayer),
            typeof(CircuitBreakerLayer),
            typeof(TimeoutLayer),
            typeof(JudgeLayer),
            typeof(PipelineLayer),
            typeof(OwnClientLayer),
            typeof(InnermostLayer),
        ],
        EndpointLayers.All.Select(static layer => layer.GetType()));

    [Fact]
    public void All_Probes_PassByTheRetriesAlone() =>
        Assert.Equal([typeof(RetryLayer)], EndpointLayers.All.Where(static layer => !layer.IsProbed).Select(static layer => layer.GetType()));

    [Fact]
    public void CountOwnCode_ClientsAndPipelinesOfAllLevels_AreCounted()
    {
        var (ladder, model) = (new PolicyChanges(), new PolicyChanges());
        ladder.Add<OwnPipelines>(static own => own.All.Add(ResiliencePipeline.Empty));
        ladder.Add<InnermostClients>(static own => own.All.Add(static (client, _, _) => client));
        model.Add<OwnClients>(static own => own.All.Add(static (client, _) => client));

        var policies = new EndpointPolicies(EndpointLayers.All, [ladder, model], "Model 'a'");

        Assert.Equal(3, EndpointLayers.All.Sum(layer => layer.CountOwnCode(policies)));
    }

    [Fact]
    public void Find_OptionsThatNoLevelMentions_IsNull()
    {
        var policies = new EndpointPolicies(EndpointLayers.All, [new()], "Model 'a'");

        Assert.Null(policies.Find<ChatHedgingOptions>());
        Assert.NotNull(policies.Get<ChatHedgingOptions>());
    }

    [Fact]
    public void Resolve_Levels_InheritOutermostFirst()
    {
        var (ladder, model) = (new PolicyChanges(), new PolicyChanges());
        ladder.Add<ChatRetryOptions>(static o => (o.MaxRetries, o.BudgetFloor) = (5, 7));
        model.Add<ChatRetryOptions>(static o => o.MaxRetries--);

        var retries = new EndpointPolicies(EndpointLayers.All, [ladder, model], "Model 'a'").Find<ChatRetryOptions>();

        Assert.Equal((4, 7), (retries!.MaxRetries, retries.BudgetFloor));
    }
}
