using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Endpoints;

/// <summary>
/// One layer of an endpoint's chain, described in one place: its configuration, options, validation, description and wrapping.
/// </summary>
/// <remarks>
/// A decorator has its layer in its own room; the list of layers is in <c>Building</c>. A layer holds no state: one instance serves every
/// endpoint of every ladder.
/// </remarks>
internal abstract class EndpointLayer
{
    /// <summary>Whether active probes pass through the layer.</summary>
    public virtual bool IsProbed => true;

    /// <summary>Reads the layer's section of a level, if it has one.</summary>
    public abstract void Read(ConfigurationReader reader, PolicyChanges changes);

    /// <summary>Makes the options of an endpoint and refuses invalid ones. The owner, a model or an endpoint, is for the message.</summary>
    /// <exception cref="ArgumentException">The message names the owner, the option, the value and the fix.</exception>
    public abstract object Resolve(IReadOnlyList<PolicyChanges> levels, string owner, out bool isSet);

    /// <summary>How many application clients and pipelines the layer adds.</summary>
    public abstract int CountOwnCode(EndpointPolicies policies);

    /// <summary>Wraps the chain so far, or returns it unchanged.</summary>
    public abstract LayeredClient Wrap(IChatClient client, EndpointParts parts);
}

/// <summary>The chain with a layer around it, and the layer's line in the description of the ladder; null for none.</summary>
internal readonly record struct LayeredClient(IChatClient Client, string? Description = null);
