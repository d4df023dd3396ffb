using Microsoft.Extensions.AI;
using Resilient.Llm;

namespace QuickStart;

/// <summary>The ladder: best model first, then the cheaper one, then what was answered before, then code that cannot fail.</summary>
internal static class Ladder
{
    public const int FailuresToOpen = 5;

    public static IChatClient Build(IChatClient primary, IChatClient cheaper) => new ResilientChatBuilder()
        .AddModel("primary", primary)
        .AddModel("cheaper", cheaper)
        .AddCachedAnswers()
        .AddLastResort(lastResort => lastResort.AddFaq(Faq.Pairs))
        .AnswerWithin(TimeSpan.FromSeconds(10))

        // Two seconds keep the demonstration short. The default of 15 seconds suits a real provider better.
        .WithCircuitBreaker(FailuresToOpen, within: TimeSpan.FromSeconds(10), breakFor: TimeSpan.FromSeconds(2))

        // Only so that one question is one failure here and the count of five can be followed. The default is two retries.
        .WithRetries(0)
        .OnCircuitChanged(Play.Show)
        .Build();

    /// <summary>One model that is served in two regions. Each endpoint has a circuit of its own, and data that may only be in the EU may go to both.</summary>
    public static IChatClient BuildRegional(IChatClient sweden, IChatClient france) => new ResilientChatBuilder()
        .AddModel("primary", model => model
            .RouteBy(RoutingStrategy.Ordered)
            .AddEndpoint("sweden", sweden, endpoint => endpoint.InRegion("swedencentral", "EU"))
            .AddEndpoint("france", france, endpoint => endpoint.InRegion("francecentral", "EU")))
        .WithResidency(DataResidency.Within("EU"))
        .WithRetries(0)
        .Build();
}
