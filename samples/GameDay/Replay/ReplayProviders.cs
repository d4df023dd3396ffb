using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>The two providers of a replay: the better model at the one that failed more, the cheaper and faster one at the other.</summary>
internal sealed class ReplayProviders
{
    private readonly OutageSchedule _outages;
    private readonly HashSet<ProviderIncident> _everywhere;
    private readonly Dictionary<ProviderIncident, int> _regions = [];

    public ReplayProviders(OutageSchedule outages, ulong seed, double sharedFate)
    {
        _outages = outages;
        var byDowntime = outages.Providers.OrderByDescending(provider => outages.Incidents.Where(incident => string.Equals(incident.Provider, provider, StringComparison.OrdinalIgnoreCase)).Sum(Loss)).ToArray();
        Primary = new() { Name = byDowntime.FirstOrDefault("primary") };
        Cheaper = new()
        {
            Name = byDowntime.ElementAtOrDefault(1) ?? "other",
            PerPromptToken = TimeSpan.FromMilliseconds(0.1),
            PerAnswerToken = TimeSpan.FromMilliseconds(10),
        };

        var random = new SeededRandom(seed).For("regions");
        _everywhere = [];
        foreach (var incident in outages.Incidents)
        {
            var (isShared, region) = (random.NextDouble() < sharedFate, random.Next(2));
            if (isShared || incident.Impact == IncidentImpact.Critical)
            {
                _everywhere.Add(incident);
            }

            _regions[incident] = region;
        }
    }

    public SimulatedModel Primary { get; }

    public SimulatedModel Cheaper { get; }

    /// <summary>In one of two regions; null: where the recorded incidents were.</summary>
    public IChatClient In(SimulatedWorld world, SimulatedModel model, int? region = null) => region is { } at
        ? world.Provider(model, _outages.Of(model.Name, incident => _everywhere.Contains(incident) || _regions[incident] == at), $"region {at}")
        : world.Provider(model);

    private static double Loss(ProviderIncident incident) => incident.FailureRate * (incident.End - incident.Start).TotalHours;
}
