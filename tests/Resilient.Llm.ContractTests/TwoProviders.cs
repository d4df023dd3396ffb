using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Two providers of different protocols, and ladders of their official SDKs' clients.</summary>
/// <remarks>The model "primary" speaks one protocol, "fallback" the other.</remarks>
internal sealed class TwoProviders : IAsyncDisposable
{
    public const string FallbackText = "The fallback answers.";

    private static readonly Lazy<Task> s_warm = new(WarmUpAsync);

    private readonly List<IChatClient> _ladders = [];

    private TwoProviders(WireProtocol protocol, LoopbackProvider primary, LoopbackProvider fallback)
    {
        Protocol = protocol;
        Primary = primary;
        Fallback = fallback;
    }

    /// <summary>What the primary speaks.</summary>
    public WireProtocol Protocol { get; }

    public LoopbackProvider Primary { get; }

    public LoopbackProvider Fallback { get; }

    /// <summary>How the calls ended, as the callback of the ladder tells it.</summary>
    public List<ChatCompletedEvent> Completed { get; } = [];

    public ChatCircuit PrimaryCircuit => _ladders[^1].GetRequiredService<ChatCircuits>().Get("primary");

    public ChatCircuit FallbackCircuit => _ladders[^1].GetRequiredService<ChatCircuits>().Get("fallback");

    public static async Task<TwoProviders> StartAsync(WireProtocol protocol, Script primary)
    {
        await s_warm.Value;
        return await StartColdAsync(protocol, primary);
    }

    /// <summary>A ladder of the two, without retries unless <paramref name="configure"/> brings them.</summary>
    /// <param name="configure">What is added after the two models.</param>
    /// <param name="primary">What is particular about the first model.</param>
    /// <param name="primaryClient">A client for the first model; by default the SDK's with its own retries off.</param>
    public IChatClient Ladder(
        Action<ResilientChatBuilder>? configure = null, Action<ChatModelBuilder>? primary = null, IChatClient? primaryClient = null)
    {
        var builder = new ResilientChatBuilder()
            .AddModel("primary", primaryClient ?? Primary.Client(Protocol), primary)
            .AddModel("fallback", Fallback.Client(Protocol.Other()))
            .WithRetries(0)
            .OnCompleted(Completed.Add);
        configure?.Invoke(builder);
        var ladder = builder.Build();
        _ladders.Add(ladder);
        return ladder;
    }

    public async ValueTask DisposeAsync()
    {
        _ladders.ForEach(static ladder => ladder.Dispose());
        await Primary.DisposeAsync();
        await Fallback.DisposeAsync();
    }

    private static async Task<TwoProviders> StartColdAsync(WireProtocol protocol, Script primary) =>
        new(protocol, await LoopbackProvider.StartAsync(primary), await LoopbackProvider.StartAsync(FallbackText));

    /// <summary>Compiles everything once, so that where time is short a request has left when it is up.</summary>
    private static async Task WarmUpAsync()
    {
        foreach (var way in Ways.All)
        {
            await using var providers = await StartColdAsync((WireProtocol)way[0], Script.ServerError());
            await Heard.FromAsync(providers.Ladder(static ladder => ladder.AddLastResort()), (bool)way[1]);
        }
    }
}
