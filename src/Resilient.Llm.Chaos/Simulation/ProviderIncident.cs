namespace Resilient.Llm.Chaos;

/// <summary>One recorded incident of a provider.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="Impact">Its impact.</param>
public sealed record ProviderIncident(string Provider, DateTimeOffset Start, DateTimeOffset End, IncidentImpact Impact)
{
    /// <summary>Gets the share of calls that fail: 20 % for a minor, 60 % for a major and all for a critical incident.</summary>
    /// <remarks>An assumption: status pages report an impact, but no rate.</remarks>
    public double FailureRate => RateOf(Impact);

    internal static double RateOf(IncidentImpact impact) => impact switch
    {
        IncidentImpact.Minor => 0.2,
        IncidentImpact.Major => 0.6,
        IncidentImpact.Critical => 1,
        _ => 0,
    };
}
