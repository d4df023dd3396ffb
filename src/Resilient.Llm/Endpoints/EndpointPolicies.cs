namespace Resilient.Llm.Endpoints;

/// <summary>The options of one endpoint, resolved and validated once for every layer, the description and the residency survey.</summary>
/// <remarks>Immutable: it holds copies that no application code can reach.</remarks>
internal sealed class EndpointPolicies
{
    private readonly Dictionary<Type, object> _options = [];
    private readonly HashSet<Type> _set = [];

    /// <summary>Resolves the levels (ladder, model, endpoint), outermost first. The owner is for messages.</summary>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public EndpointPolicies(IEnumerable<EndpointLayer> layers, IReadOnlyList<PolicyChanges> levels, string owner)
    {
        foreach (var layer in layers)
        {
            var options = layer.Resolve(levels, owner, out var isSet);
            _options.Add(options.GetType(), options);
            if (isSet)
            {
                _set.Add(options.GetType());
            }
        }
    }

    public TOptions Get<TOptions>()
        where TOptions : class => (TOptions)_options[typeof(TOptions)];

    /// <summary>The options if a level set them; null if none did.</summary>
    public TOptions? Find<TOptions>()
        where TOptions : class => _set.Contains(typeof(TOptions)) ? Get<TOptions>() : null;
}
