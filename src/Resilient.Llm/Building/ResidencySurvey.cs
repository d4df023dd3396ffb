using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.LastResort;
using Resilient.Llm.Requests;
using Resilient.Llm.Residency;

namespace Resilient.Llm.Building;

/// <summary>Records, while a ladder is composed, every place that its data can go to.</summary>
internal sealed class ResidencySurvey(DataResidency policy, bool isRequired, int clientsAbove)
{
    private readonly List<BoundPlace> _places = [];
    private int _clientsAbove = clientsAbove;
    private int _rulesInCode;

    /// <summary>Adds an endpoint, with the number of application clients and pipelines around it.</summary>
    public void Add(Endpoint endpoint, int ownCode, IChatClient provider)
    {
        var inner = provider.GetService(typeof(ResidencyMap)) as ResidencyMap;
        var place = new BoundPlace(
            new()
            {
                Kind = inner is null ? ResidencyPlaceKind.Endpoint : ResidencyPlaceKind.Ladder,
                Name = endpoint.DisplayName,
                Region = endpoint.Region,
                Geography = endpoint.Geography,
                OwnCode = ownCode,
            },
            policy);
        _places.Add(place);
        if (inner is not null)
        {
            _places.AddRange(inner.Places.Select(within => within.SeenBehind(place)));
            _clientsAbove += inner.ClientsAbove;
            _rulesInCode += inner.RulesInCode;
        }
    }

    public void Add(AnswerCache cache) => _places.AddRange(cache.Places.Select(place => new BoundPlace(place, policy)));

    public void Add(LastResortSettings lastResort)
    {
        _rulesInCode += lastResort.RulesInCode;
        _places.AddRange(lastResort.Sources.Select(source => new BoundPlace(
            new() { Kind = ResidencyPlaceKind.Search, Name = source.Search.GetType().Name, Geography = lastResort.GeographyOf(source) },
            policy)));
    }

    public ResidencyMap ToMap(string? localGeography)
    {
        var geographies = _places.Select(static place => place.Place.Geography)
            .Append(localGeography)
            .Concat(policy.Geographies)
            .OfType<string>()
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase);
        var map = new ResidencyMap
        {
            Policy = policy.ToString(),
            RequiresResidency = isRequired,
            Reaches = [],
            ClientsAbove = _clientsAbove,
            RulesInCode = _rulesInCode,
            Places = [.. _places],
        };
        return map with
        {
            Reaches =
            [
                .. geographies.Select(geography =>
                    new ResidencyReach { Geography = geography, Places = map.ReachOf(DataResidency.Within(geography)) }),
                new ResidencyReach { Places = map.ReachOf(DataResidency.Anywhere) },
            ],
        };
    }
}
