namespace Resilient.Llm.Endpoints;

/// <summary>
/// The changes that one level (the ladder, a model or an endpoint) makes to inherited policies, in the order of the calls.
/// </summary>
internal sealed class PolicyChanges
{
    private readonly Dictionary<Type, List<Delegate>> _changes = [];

    public void Add<TOptions>(Action<TOptions> change)
    {
        if (!_changes.TryGetValue(typeof(TOptions), out var changes))
        {
            _changes.Add(typeof(TOptions), changes = []);
        }

        changes.Add(change);
    }

    /// <summary>Runs every change of the levels, outermost first, on fresh options.</summary>
    public static TOptions Resolve<TOptions>(IEnumerable<PolicyChanges> levels, out bool isSet)
        where TOptions : new()
    {
        var options = new TOptions();
        isSet = false;
        foreach (var level in levels)
        {
            foreach (var change in level._changes.GetValueOrDefault(typeof(TOptions), []))
            {
                isSet = true;
                ((Action<TOptions>)change)(options);
            }
        }

        return options;
    }
}
