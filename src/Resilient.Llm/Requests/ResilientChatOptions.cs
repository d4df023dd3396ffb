using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>Chat options with settings for one request: where its data may go, how long it may take, whose cache it may use.</summary>
/// <remarks>
/// <para>
/// Not thread-safe, like every <see cref="ChatOptions"/>. <see cref="Clone"/> keeps the type, so the settings survive middleware that
/// clones options. Middleware that builds new options loses them, and the ladder refuses such a call before it goes out.
/// </para>
/// <para>
/// Options of a type that derives from <see cref="ChatOptions"/> are accepted: the provider gets a copy in that type, made by its own
/// <see cref="ChatOptions.Clone"/>. Clients added with <c>Use</c> get that type too, with the request's settings beside it.
/// </para>
/// </remarks>
public sealed class ResilientChatOptions : ChatOptions
{
    /// <summary>
    /// The key in <see cref="ChatOptions.AdditionalProperties"/> that also accepts a residency, as a <see cref="DataResidency"/> or as
    /// "EU,CH", for frameworks that rebuild options and keep only their additional properties. No provider sees it.
    /// </summary>
    public const string ResidencyKey = "resilient-llm.residency";

    /// <summary>Creates empty options.</summary>
    public ResilientChatOptions()
    {
    }

    /// <summary>
    /// Copies options, with their settings if they are <see cref="ResilientChatOptions"/>. Of another derived type, what that type adds
    /// is kept for the provider.
    /// </summary>
    /// <param name="options">The options to copy; null for empty ones.</param>
    public ResilientChatOptions(ChatOptions? options)
        : base(options)
    {
        var other = options as ResilientChatOptions;
        Derived = other?.Derived;
        if (options is not null && other is null)
        {
            other = DerivedOptions.SettingsOf(options);
            Derived = DerivedOptions.IsDerived(options) ? DerivedOptions.Copy(options) : null;
            DerivedOptions.RemoveSettings(this);
        }

        if (other is not null)
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

    /// <summary>Gets or sets where this request's data may go, in addition to the ladder's policy: the stricter of the two wins.</summary>
    /// <value>Default: null, the ladder's policy alone.</value>
    public DataResidency? Residency { get; set; }

    /// <summary>Gets or sets the deadline of this request: to first content of a stream, to the answer otherwise.</summary>
    /// <value>Default: null, the ladder's own. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.</value>
    public TimeSpan? AnswerWithin { get; set; }

    /// <summary>Gets or sets the partition of stored answers, typically by tenant or user: answers never cross partitions.</summary>
    /// <value>Default: null, the shared partition.</value>
    public string? CachePartition { get; set; }

    /// <summary>Gets or sets whether steps below the first may answer this request.</summary>
    /// <value>Default: true.</value>
    public bool AllowFallback { get; set; } = true;

    /// <summary>
    /// Gets or sets what the requests of one session share, typically a conversation id: they prefer the same one of a model's endpoints,
    /// whose provider may have cached the beginning of the prompt. Only a preference: health comes first, and it has no effect under a
    /// routing strategy with the same order for all requests (<see cref="RoutingStrategy.IsSteady"/>). It is not sent to providers and does
    /// not keep stored answers apart.
    /// </summary>
    /// <value>Default: null, none. Every process chooses the same endpoint for the same key.</value>
    public string? SessionKey { get; set; }

    /// <summary>
    /// Whether the caller passed no options and no code could set any since. A copy is not blank: it was made to be changed.
    /// </summary>
    internal bool IsBlank { get; init; }

    /// <summary>Whether the request needs state that only one provider holds.</summary>
    internal bool IsBound => ConversationId is not null || ContinuationToken is not null;

    internal RequestContext? Context { get; set; }

    internal AttemptPlan Attempt { get; set; }

    /// <summary>The caller's options in their own type, never changed; null for a type of this library or of the abstractions.</summary>
    internal ChatOptions? Derived { get; }

    /// <inheritdoc/>
    public override ChatOptions Clone() => new ResilientChatOptions(this);

    /// <summary>A copy for a provider in the caller's type, without our settings and without the context.</summary>
    /// <param name="keepsResidency">Whether the residency among the additional properties stays: for clients of the application.</param>
    internal ChatOptions ToProviderOptions(bool keepsResidency = false)
    {
        var plain = base.Clone();
        if (!keepsResidency)
        {
            plain.AdditionalProperties?.Remove(ResidencyKey);
        }

        return Derived is null ? plain : DerivedOptions.With(Derived, plain);
    }
}
