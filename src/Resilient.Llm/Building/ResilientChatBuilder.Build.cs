using Microsoft.Extensions.AI;
using Resilient.Llm.Building;

namespace Resilient.Llm;

/// <content>Builds the declared ladder. Its plan comes first: it validates what can be validated before anything is made.</content>
public sealed partial class ResilientChatBuilder
{
    /// <summary>Builds the ladder.</summary>
    /// <param name="services">For keyed clients, factories, logging and the clock; null if none of them is needed.</param>
    /// <returns>
    /// The client to use; thread-safe. <c>GetService</c> returns its <c>ChatCircuits</c>, its <c>ChatRegions</c> (switches for whole
    /// regions), its <c>LadderDescription</c>, its <c>ResidencyMap</c> (what data can reach) and, with active probes, its
    /// <c>ChatProbes</c>.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The configuration contradicts itself: the message names the option, the values and the fix.
    /// </exception>
    /// <exception cref="InvalidOperationException">A client cannot be made: the message says why.</exception>
    public IChatClient Build(IServiceProvider? services = null) => Compose(Plan(), services);

    /// <summary>Validates the ladder as far as possible without making anything, and resolves its options.</summary>
    internal LadderPlan Plan()
    {
        LadderValidation.Check(_steps, _options, _fallback, _probes);
        return LadderPlan.Resolve(_steps, Policies, _options);
    }
}
