using Resilient.Llm.Shared;

namespace Resilient.Llm.Residency;

/// <summary>
/// Binds what a provider's client calls in turn, where the options cannot: another ladder behind a client that hides it or builds new
/// options.
/// </summary>
/// <remarks>
/// Residency travels in the options, and a provider gets options without it. A ladder that the guard recognises still gets it; one behind a
/// client that answers <c>GetService</c> with null would begin unbound. So a guard lets a bound call flow into a scope, which also binds a
/// request that begins there. It only narrows: work that a client starts during a bound call and that outlives it stays bound. Not for what
/// the request itself needs: an async iterator loses the scope between its moves, so each of them enters it again. Entered also if no other
/// ladder is known: one may be made during the call, where it is resolved.
/// </remarks>
internal static class ResidencyScope
{
    private static readonly AsyncLocal<DataResidency?> s_current = new();

    /// <summary>The bound of the surrounding call; anywhere if there is none.</summary>
    public static DataResidency Current => s_current.Value ?? DataResidency.Anywhere;

    /// <summary>Binds what is called inside. Leave before awaiting: the call's flow has its own copy.</summary>
    /// <param name="residency">The bound; anywhere changes nothing.</param>
    public static AmbientScope<DataResidency> Enter(DataResidency residency) =>
        residency.IsAnywhere ? default : new(s_current, s_current.Value?.Intersect(residency) ?? residency);
}
