using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Building;

/// <summary>A validated ladder, before any client is made. The best step is first.</summary>
internal sealed record LadderPlan(IReadOnlyList<StepPlan> Steps)
{
    public IEnumerable<ResolvedModel> Models => Steps.OfType<ResolvedModel>();

    /// <summary>
    /// Resolves and validates the policies: every change of the ladder, a model or an endpoint runs once for each endpoint that inherits
    /// it.
    /// </summary>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public static LadderPlan Resolve(IEnumerable<StepPlan> steps, PolicyChanges root, ResilientChatClientOptions options) =>
        new([.. steps.Select(step => step is ModelPlan model ? Resolve(model, root, options) : step)]);

    private static ResolvedModel Resolve(ModelPlan plan, PolicyChanges root, ResilientChatClientOptions options)
    {
        var model = plan.Model;
        Endpoint[] identities = [.. model.Identities()];
        return new(model, model.Endpoints.Count == 0
            ? [new(identities[0], plan.Source, 1, Policies($"Model '{model.Name}'", [root, model.Policies]))]
            : [.. model.Endpoints.Select((endpoint, i) => new ResolvedEndpoint(
                identities[i],
                endpoint.Source,
                endpoint.Endpoint.Weight,
                Policies($"Endpoint '{model.Name}/{identities[i].Name}'", [root, model.Policies, endpoint.Endpoint.Policies])))]);

        EndpointPolicies Policies(string owner, PolicyChanges[] levels)
        {
            var policies = new EndpointPolicies(EndpointLayers.All, levels, owner);
            LadderValidation.CheckTimes(owner, policies.Get<ChatTimeoutOptions>(), options);
            return policies;
        }
    }
}

/// <summary>A model with its endpoints: at least one, since a model without endpoints counts as one.</summary>
internal sealed record ResolvedModel(ChatModelBuilder Model, IReadOnlyList<ResolvedEndpoint> Endpoints) : StepPlan
{
    /// <summary>Whether the model has endpoints beside its name.</summary>
    public bool HasEndpoints => Model.Endpoints.Count > 0;
}

/// <summary>An endpoint with its options. The weight is its share of the traffic.</summary>
internal sealed record ResolvedEndpoint(Endpoint Endpoint, ClientSource Source, double Weight, EndpointPolicies Policies);
