using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Endpoints;

/// <summary>A layer with options that the ladder, a model and an endpoint can change.</summary>
/// <param name="section">The key of its section in configuration; null if configuration cannot set it.</param>
/// <typeparam name="TOptions">The options. Each type belongs to one layer.</typeparam>
internal abstract class ConfiguredLayer<TOptions>(string? section) : EndpointLayer
    where TOptions : class, new()
{
    public sealed override void Read(ConfigurationReader reader, PolicyChanges changes)
    {
        if (section is not null)
        {
            reader.Section(section, options => ReadOptions(options, changes.Add));
        }
    }

    public sealed override object Resolve(IReadOnlyList<PolicyChanges> levels, string owner, out bool isSet)
    {
        var options = Copy(PolicyChanges.Resolve<TOptions>(levels, out isSet));
        ValidateOptions(options, owner);
        return options;
    }

    public sealed override int CountOwnCode(EndpointPolicies policies) => CountOwnCode(policies.Get<TOptions>());

    public sealed override LayeredClient Wrap(IChatClient client, EndpointParts parts) =>
        Wrap(client, parts.Policies.Get<TOptions>(), parts);

    /// <summary>Reads the keys of the section. Each is a property of the options.</summary>
    protected virtual void ReadOptions(ConfigurationReader reader, Action<Action<TOptions>> change)
    {
    }

    /// <summary>A copy that application code cannot change.</summary>
    protected virtual TOptions Copy(TOptions options) => ShallowCopy.Of(options);

    /// <summary>Refuses invalid options.</summary>
    /// <exception cref="ArgumentException">The message names the owner, the option, the value and the fix.</exception>
    protected virtual void ValidateOptions(TOptions options, string owner)
    {
    }

    /// <inheritdoc cref="EndpointLayer.CountOwnCode"/>
    protected virtual int CountOwnCode(TOptions options) => 0;

    /// <inheritdoc cref="EndpointLayer.Wrap"/>
    protected abstract LayeredClient Wrap(IChatClient client, TOptions options, EndpointParts parts);
}
