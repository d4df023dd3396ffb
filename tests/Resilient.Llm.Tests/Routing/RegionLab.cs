using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A lab whose first model has an endpoint in Sweden and one in France, both in the EU; the cheaper one lies beside the first of them.</summary>
internal sealed class RegionLab : LadderLab
{
    public const string SwedenCentral = "swedencentral";
    public const string FranceCentral = "francecentral";

    public ScriptedChatClient Sweden { get; } = new ScriptedChatClient().Always(Scripted.Answer("from sweden"));

    public ScriptedChatClient France { get; } = new ScriptedChatClient().Always(Scripted.Answer("from france"));

    /// <summary>The two models; the endpoints in their order unless <paramref name="primary"/> says otherwise.</summary>
    /// <param name="primary">What is particular about the first model.</param>
    /// <param name="configure">What is added to the ladder.</param>
    /// <param name="sweden">What is particular about the first endpoint.</param>
    public IChatClient Regions(Action<ChatModelBuilder>? primary = null, Action<ResilientChatBuilder>? configure = null, Action<ChatEndpointBuilder>? sweden = null)
    {
        var builder = Builder()
            .AddModel("primary", model =>
            {
                model.RouteBy(RoutingStrategy.Ordered)
                    .AddEndpoint("sweden", Sweden, endpoint =>
                    {
                        endpoint.InRegion(SwedenCentral, "EU");
                        sweden?.Invoke(endpoint);
                    })
                    .AddEndpoint("france", France, static endpoint => endpoint.InRegion(FranceCentral, "EU"));
                primary?.Invoke(model);
            })
            .AddModel("cheaper", Cheaper, static model => model.InRegion(SwedenCentral.ToUpperInvariant(), "EU"));
        configure?.Invoke(builder);
        return builder.Build();
    }

    public static ChatCircuit CircuitInSweden(IChatClient ladder) => ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden");
}
