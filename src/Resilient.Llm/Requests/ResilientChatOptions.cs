using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>Chat options with the wishes of one request: where its data may go, how long it may take, whose cache it may use.</summary>
/// <remarks>
/// Not thread-safe, like every <see cref="ChatOptions"/>. <see cref="Clone"/> keeps the type, so the wishes survive middleware that
/// clones options; middleware that builds new options loses them, and the ladder refuses such a call at its innermost place.
/// </remarks>
public sealed class ResilientChatOptions : ChatOptions
{
    /// <summary>
    /// The key in <see cref="ChatOptions.AdditionalProperties"/> under which a residency is accepted too, as a
    /// <see cref="DataResidency"/> or as "EU,CH":
    /// for frameworks that rebuild options and keep only their additional properties. No provider sees it.
    /// </summary>
    public const string ResidencyKey = "resilient-llm.residency";

    /// <summary>Creates empty options.</summary>
    public ResilientChatOptions()
    {
    }

    /// <summary>Copies options, with their wishes where they are <see cref="ResilientChatOptions"/>.</summary>
    /// <param name="options">The options to copy; null for empty ones.</param>
    public ResilientChatOptions(ChatOptions? options)
        : base(options)
    {
        if (options is ResilientChatOptions other)
        {
            Residency = other.Residency;
            AnswerWithin = other.AnswerWithin;
            CachePartition = other.CachePartition;
            AllowFallback = other.AllowFallback;
            SessionKey = other.SessionKey;
            Context = other.Context;
            Attempt = other.Attempt;
        }
    }

    /// <summary>Where this request's data may go, on top of the policy of the ladder: the stricter of the two wins.</summary>
    /// <value>Default: null, the ladder's policy alone.</value>
    public DataResidency? Residency { get; set; }

    /// <summary>The deadline of this request: to first content of a stream, to the answer otherwise.</summary>
    /// <value>Default: null, the ladder's own. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan? AnswerWithin { get; set; }

    /// <summary>Keeps stored answers apart, typically by tenant or user: answers never cross partitions.</summary>
    /// <value>Default: null, the shared partition.</value>
    public string? CachePartition { get; set; }

    /// <summary>Whether rungs below the first may answer this request.</summary>
    /// <value>Default: true.</value>
    public bool AllowFallback { get; set; } = true;

    /// <summary>
    /// What the requests of one session have in common, typically an id of the conversation: of a model with several endpoints they
    /// prefer the same one, whose provider may have the beginning of the prompt in its cache. Only a preference: it yields to health, and
    /// where the routing strategy has an order of its own for all requests (<see cref="RoutingStrategy.IsSteady"/>) it changes nothing.
    /// It is not sent to providers and does not keep stored answers apart.
    /// </summary>
    /// <value>Default: null, none. Every process chooses the same endpoint for the same key.</value>
    public string? SessionKey { get; set; }

    /// <summary>
    /// Whether the caller passed no options, and no code has had the chance to set any since. A copy is not blank: it was made to be
    /// changed.
    /// </summary>
    internal bool IsBlank { get; init; }

    internal RequestContext? Context { get; set; }

    internal AttemptPlan Attempt { get; set; }

    /// <inheritdoc/>
    public override ChatOptions Clone() => new ResilientChatOptions(this);

    /// <summary>A plain copy for a provider: none of our wishes, no context.</summary>
    internal ChatOptions ToProviderOptions()
    {
        var plain = base.Clone();
        plain.AdditionalProperties?.Remove(ResidencyKey);
        return plain;
    }
}
