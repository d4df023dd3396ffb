using Microsoft.Extensions.AI;
using Resilient.Llm;
using Resilient.Llm.Chaos;
using Resilient.Llm.Loopback;

namespace GameDay.Live;

/// <summary>Two models in two regions: four providers on 127.0.0.1 that the official SDKs talk to over real sockets, and the ladder above them.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    public const string Smart = "claude";
    public const string Cheaper = "gpt";
    public const string VectorDatabase = "vector-db";

    private readonly LoopbackProvider[] _providers;
    private readonly IChatClient[] _clients;

    private Fleet(LoopbackProvider[] providers, ChaosController chaos)
    {
        _providers = providers;
        _clients = [providers[0].CreateAnthropicClient(), providers[1].CreateAnthropicClient(), providers[2].CreateOpenAIClient(), providers[3].CreateOpenAIClient()];
        Chat = new ResilientChatBuilder()
            .AddModel(Smart, model => Regions(model, _clients[0], _clients[1]))
            .AddModel(Cheaper, model => Regions(model, _clients[2], _clients[3]))
            .AddCachedAnswers()
            .AddLastResort(last => last.AddSearch(new ChaosSearchSource(new KnowledgeBase(), chaos, VectorDatabase)))
            .RunsIn("eu-north", "EU")

            // Short times, so that a game day fits into a minute. The defaults suit real providers better.
            .AnswerWithin(TimeSpan.FromSeconds(4))
            .WithTimeouts(static timeouts => timeouts.AttemptTimeout = timeouts.FirstContentTimeout = TimeSpan.FromSeconds(1.5))
            .WithRetries(1)
            .WithCircuitBreaker(failures: 5, within: TimeSpan.FromSeconds(5), breakFor: TimeSpan.FromSeconds(1))
            .WithCircuitBreaker(static breaker => breaker.MaxBreakDuration = TimeSpan.FromSeconds(2))
            .WithFallback(static fallback => fallback.FailbackDelay = TimeSpan.FromSeconds(1))
            .WithChaos(chaos)
            .Build();
    }

    public IChatClient Chat { get; }

    public static async Task<Fleet> StartAsync(ChaosController chaos) => new(
        [await StartAsync("the smart model in us-east", 40), await StartAsync("the smart model in eu-north", 70), await StartAsync("the cheaper model in us-east", 20), await StartAsync("the cheaper model in eu-north", 40)],
        chaos);

    /// <summary>Asks each provider once in each way: the first calls of a process compile everything, which would be taken for slowness.</summary>
    public async Task WarmUpAsync()
    {
        foreach (var client in _clients)
        {
            await client.GetResponseAsync("Are you there?");
            await foreach (var _ in client.GetStreamingResponseAsync("Are you there?"))
            {
            }
        }

        await Chat.GetResponseAsync("Are you there?");
        await foreach (var _ in Chat.GetStreamingResponseAsync("Are you there, in a stream?"))
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        Chat.Dispose();
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        foreach (var provider in _providers)
        {
            await provider.DisposeAsync();
        }
    }

    /// <summary>Everybody is served in us-east first; whose data is bound to the EU never gets there.</summary>
    private static void Regions(ChatModelBuilder model, IChatClient usEast, IChatClient euNorth) => model
        .RouteBy(RoutingStrategy.Ordered)
        .AddEndpoint("us-east", usEast, static endpoint => endpoint.InRegion("us-east", "US"))
        .AddEndpoint("eu-north", euNorth, static endpoint => endpoint.InRegion("eu-north", "EU"));

    private static Task<LoopbackProvider> StartAsync(string who, int delay) => LoopbackProvider.StartAsync(
        Script.Answer($"Hello from {who}, word by word.") with { Delay = TimeSpan.FromMilliseconds(delay), Pace = TimeSpan.FromMilliseconds(5) });
}
