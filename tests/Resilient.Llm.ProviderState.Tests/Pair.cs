using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ProviderState.Tests;

/// <summary>Two providers, and a ladder of two models or of two endpoints of one model. The loopback refuses what another provider made.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly List<IChatClient> _ladders = [];

    private Pair(string kind, LoopbackProvider first, LoopbackProvider second) => (Kind, First, Second) = (kind, first, second);

    public static string[] Kinds { get; } =
        ["responses+responses", "responses+anthropic", "anthropic+responses", "anthropic+anthropic", "stored+stored", "stored+anthropic", "anthropic+chat", "chat+anthropic"];

    public string Kind { get; }

    public LoopbackProvider First { get; }

    public LoopbackProvider Second { get; }

    public int Refusals => First.Refusals.Count + Second.Refusals.Count;

    /// <summary>Each pair, plain and streamed, as two models and as two endpoints of one.</summary>
    public static TheoryData<string, bool, bool> All
    {
        get
        {
            var data = new TheoryData<string, bool, bool>();
            foreach (var kind in Kinds)
            {
                foreach (var streaming in (bool[])[false, true])
                {
                    data.Add(kind, streaming, false);
                    data.Add(kind, streaming, true);
                }
            }

            return data;
        }
    }

    public static async Task<Pair> StartAsync(string kind) => new(
        kind,
        await LoopbackProvider.StartAsync(Session.Thought),
        await LoopbackProvider.StartAsync(Session.Thought));

    /// <summary>The first provider's client without a ladder.</summary>
    public IChatClient Bare() => Client(First, Kind.Split('+')[0]);

    public IChatClient Ladder(bool asEndpoints, Action<ResilientChatBuilder>? configure = null)
    {
        var (a, b) = (Client(First, Kind.Split('+')[0]), Client(Second, Kind.Split('+')[1]));
        var builder = new ResilientChatBuilder().WithRetries(0).WithCircuitBreaker(static breaker => breaker.FailureThreshold = 1000);
        builder = asEndpoints
            ? builder.AddModel("model", model => model.RouteBy(RoutingStrategy.Ordered).AddEndpoint("a", a).AddEndpoint("b", b))
            : builder.AddModel("a", a).AddModel("b", b);
        configure?.Invoke(builder);
        var ladder = builder.Build();
        _ladders.Add(ladder);
        return ladder;
    }

    public async ValueTask DisposeAsync()
    {
        _ladders.ForEach(static ladder => ladder.Dispose());
        await First.DisposeAsync();
        await Second.DisposeAsync();
    }

    private static IChatClient Client(LoopbackProvider provider, string kind) => kind switch
    {
        "responses" => provider.OpenAIResponses(stateless: true),
        "stored" => provider.OpenAIResponses(),
        "anthropic" => provider.Anthropic(),
        _ => provider.OpenAIChat(),
    };
}
