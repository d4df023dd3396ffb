namespace Resilient.Llm.Endpoints;

/// <summary>The options of one endpoint, resolved once for validation, every layer, the description and the residency survey.</summary>
/// <remarks>Immutable: it holds copies that no application code can reach.</remarks>
internal sealed class EndpointPolicies
{
    private readonly Dictionary<Type, object> _options = [];
    private readonly HashSet<Type> _set = [];

    /// <summary>Resolves the levels (ladder, model, endpoint), outermost first.</summary>
    public EndpointPolicies(IEnumerable<EndpointLayer> layers, IReadOnlyList<PolicyChanges> levels)
    {
        foreach (var layer in layers)
        {
            var options = layer.Resolve(levels, out var isSet);
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
