using Resilient.Llm.Shared;

namespace Resilient.Llm.Residency;

/// <summary>Binds what a provider's client calls in its turn, where the options cannot tell: another ladder behind a client that hides it, or that builds new options.</summary>
/// <remarks>
/// Residency travels in the options, and a provider gets options without it. A ladder that the guard recognises gets it all the same; one behind a client that answers <c>GetService</c> with null
/// would begin unbound. So a guard lets a bound call flow into a scope, and a request that begins there is bound by it too. It only ever narrows: work that a client starts during a bound call
/// and that outlives it stays bound. Not for what the request itself needs: an async iterator loses the scope between its moves, so each of them enters it anew.
/// Also where no other ladder is known: one may be made in the middle of the call, where it is resolved then.
/// </remarks>
internal static class ResidencyScope
{
    private static readonly AsyncLocal<DataResidency?> s_current = new();

    /// <summary>What the call around us is bound to; anywhere where there is none.</summary>
    public static DataResidency Current => s_current.Value ?? DataResidency.Anywhere;

    /// <summary>Binds what is called inside. Leave before awaiting: the flow of the call has its own copy.</summary>
    /// <param name="residency">The bound; anywhere: changes nothing.</param>
    public static AmbientScope<DataResidency> Enter(DataResidency residency) =>
        residency.IsAnywhere ? default : new(s_current, s_current.Value?.Intersect(residency) ?? residency);
}
