namespace Resilient.Llm.Chaos;

/// <summary>One recorded incident of a provider.</summary>
/// <param name="Provider">Whose.</param>
/// <param name="Start">When it began.</param>
/// <param name="End">When it was over.</param>
/// <param name="Impact">How bad it was.</param>
public sealed record ProviderIncident(string Provider, DateTimeOffset Start, DateTimeOffset End, IncidentImpact Impact)
{
    /// <summary>Which part of the calls fails while it lasts: 20 % of a minor incident's, 60 % of a major one's, all of a critical one's.</summary>
    /// <remarks>An assumption: status pages report an impact and no rate.</remarks>
    public double FailureRate => RateOf(Impact);

    internal static double RateOf(IncidentImpact impact) => impact switch
    {
        IncidentImpact.Minor => 0.2,
        IncidentImpact.Major => 0.6,
        IncidentImpact.Critical => 1,
        _ => 0,
    };
}
