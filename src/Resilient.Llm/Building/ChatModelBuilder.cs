using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Configures one model of a ladder.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class ChatModelBuilder : ChatPolicyBuilder<ChatModelBuilder>
{
    internal ChatModelBuilder(string name) => Name = name;

    internal string Name { get; }

    internal string? Region { get; private set; }

    internal string? Geography { get; private set; }

    internal int? ContextWindow { get; private set; }

    internal Action<ChatOptions>? Configure { get; private set; }

    internal bool TakesProviderFields { get; private set; }

    /// <summary>Declares where the model's endpoint lies. Without it no request with a data residency reaches it.</summary>
    /// <param name="region">The provider's name of the region, for example "swedencentral".</param>
    /// <param name="geography">The geography that residencies speak of, for example "EU"; null leaves it undeclared.</param>
    public ChatModelBuilder InRegion(string region, string? geography = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(region);
        if (geography is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(geography);
        }

        Region = region;
        Geography = geography;
        return this;
    }

    /// <summary>Declares the context window. A conversation that was too long for one model steps down only to one that is declared larger.</summary>
    /// <param name="tokens">In tokens. Range: above zero.</param>
    public ChatModelBuilder WithContextWindow(int tokens)
    {
        if (tokens <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(tokens), tokens, FormattableString.Invariant($"Model '{Name}': the context window is {tokens} tokens. Set it above zero, or leave it undeclared."));
        }

        ContextWindow = tokens;
        return this;
    }

    /// <summary>Changes the options of every request to this model, for example its <c>ModelId</c>. Runs on the attempt's own copy.</summary>
    /// <param name="configure">Must be thread-safe.</param>
    public ChatModelBuilder ConfigureOptions(Action<ChatOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Configure += configure;
        return this;
    }

    /// <summary>
    /// Lets this model, although not the first, have what belongs to one provider: the caller's <c>ModelId</c>, <c>ConversationId</c>, <c>ContinuationToken</c>,
    /// <c>RawRepresentationFactory</c> and protected reasoning. For another model of the same provider and account.
    /// </summary>
    public ChatModelBuilder AcceptProviderFields()
    {
        TakesProviderFields = true;
        return this;
    }

    /// <summary>Puts a client of your own around the provider's, inside every policy of this library. The first one added is outermost.</summary>
    /// <param name="decorate">Wraps the client. It must hand on the options it is given, or a copy made with <c>Clone()</c>.</param>
    public ChatModelBuilder Use(Func<IChatClient, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Use((client, _) => decorate(client));
    }

    /// <inheritdoc cref="Use(Func{IChatClient, IChatClient})"/>
    public ChatModelBuilder Use(Func<IChatClient, IServiceProvider, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        Policies.Clients.Add(decorate);
        return this;
    }
}
