using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>Every request must state where its data may go, itself or through a resolver.</summary>
/// <param name="Resolver">The application's resolver; null: requests state it themselves.</param>
internal sealed record ResidencyRequirement(Func<ChatOptions?, DataResidency?>? Resolver)
{
    /// <summary>The residency of a request that states none: the resolver's answer. Without an answer the request is refused.</summary>
    public DataResidency Resolve(ResilientChatOptions own, out DataResidencyException? refusal)
    {
        refusal = null;
        try
        {
            if (Resolver?.Invoke(own.IsBlank ? null : own.Derived is null ? own.Clone() : DerivedOptions.WithSettings(own)) is { } resolved)
            {
                return resolved;
            }

            refusal = new(
                $"The request does not say where its data may go{(Resolver is null ? "" : ", and the resolver given to RequireResidency "
                + "returned null")}. Nothing was sent. "
                + "Pass options.WithResidency(DataResidency.Within(\"EU\")), or DataResidency.Anywhere where there is no bound, "
                + "or give RequireResidency a resolver that knows.",
                DataResidency.Nowhere);
        }
        catch (Exception exception)
        {
            refusal = new(
                $"The resolver given to RequireResidency threw ({exception.GetType().Name}; see the inner exception), "
                + "so it is unknown where the request's data may go. Nothing was sent. "
                + "Correct the resolver, or pass options.WithResidency(DataResidency.Within(\"EU\")).",
                DataResidency.Nowhere,
                exception);
        }

        return DataResidency.Nowhere;
    }
}
