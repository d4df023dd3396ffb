using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>
/// A ladder of two models of different providers, as an application registers it, and the control: the first model alone.
/// </summary>
internal sealed class TwoModels : IAsyncDisposable
{
    private readonly WireProtocol _primary;
    private readonly WireProtocol _fallback;
    private readonly Action<ResilientChatBuilder>? _configure;
    private readonly Func<IChatClient, IChatClient>? _primaryClient;
    private readonly bool _stateless;
    private ServiceProvider _services;

    private TwoModels(
        (WireProtocol Protocol, LoopbackProvider Provider) primary,
        (WireProtocol Protocol, LoopbackProvider Provider) fallback,
        Action<ResilientChatBuilder>? configure,
        Func<IChatClient, IChatClient>? primaryClient,
        bool stateless)
    {
        (_primary, _fallback) = (primary.Protocol, fallback.Protocol);
        (_configure, _primaryClient, _stateless) = (configure, primaryClient, stateless);
        Primary = new("primary", primary.Provider, Conversation);
        Fallback = new("fallback", fallback.Provider, Conversation);
        _services = Register();
    }

    public Conversation Conversation { get; } = new();

    public PlayedModel Primary { get; }

    public PlayedModel Fallback { get; }

    /// <summary>All requests to both providers.</summary>
    public IEnumerable<ReceivedRequest> Requests => [.. Primary.Requests, .. Fallback.Requests];

    /// <summary>The ladder. After a <see cref="RestartAsync"/> it is another one.</summary>
    public IChatClient Ladder => _services.GetRequiredService<IChatClient>();

    /// <param name="primary">What the first model's provider speaks.</param>
    /// <param name="fallback">What the second model's provider speaks.</param>
    /// <param name="configure">What else belongs to the ladder.</param>
    /// <param name="primaryClient">What stands around the first model's client.</param>
    /// <param name="stateless">Whether Responses is asked with <c>store=false</c>, and sends its reasoning encrypted.</param>
    public static async Task<TwoModels> StartAsync(
        WireProtocol primary,
        WireProtocol fallback,
        Action<ResilientChatBuilder>? configure = null,
        Func<IChatClient, IChatClient>? primaryClient = null,
        bool stateless = false) =>
        new(
            (primary, await LoopbackProvider.StartAsync()),
            (fallback, await LoopbackProvider.StartAsync()),
            configure,
            primaryClient,
            stateless);

    /// <summary>The primary's client without a ladder. What throws there may throw above a ladder.</summary>
    public IChatClient Alone()
    {
        Primary.Compares = false;
        return Client(Primary, _primary);
    }

    /// <summary>The process ends, and another one begins: nothing is left of the ladder but what the providers know.</summary>
    public async Task RestartAsync()
    {
        await _services.DisposeAsync();
        _services = Register();
    }

    /// <summary>Every request held the whole history, and no provider had to refuse one for what was in it.</summary>
    public void AssertWholeHistory()
    {
        AssertNone(Primary.Provider.Refusals);
        AssertNone(Fallback.Provider.Refusals);
        Assert.True(Conversation.Requests > 0, "No request was compared.");
        AssertNone(Conversation.Differences);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Primary.Provider.DisposeAsync();
        await Fallback.Provider.DisposeAsync();
    }

    private IChatClient PrimaryClient()
    {
        var client = Client(Primary, _primary);
        return _primaryClient?.Invoke(client) ?? client;
    }

    private IChatClient Client(PlayedModel model, WireProtocol protocol) => protocol == WireProtocol.Responses
        ? model.Provider.OpenAIResponses(stateless: _stateless)
        : model.Provider.CreateClient(protocol);

    private static void AssertNone(IReadOnlyList<string> findings) => Assert.True(findings.Count == 0, string.Join('\n', findings));

    private ServiceProvider Register() => new ServiceCollection()
        .AddKeyedSingleton("primary", (_, _) => PrimaryClient())
        .AddKeyedSingleton("fallback", (_, _) => Client(Fallback, _fallback))
        .AddResilientChat(ladder =>
        {
            ladder.AddModel("primary").AddModel("fallback").WithRetries(0);
            _configure?.Invoke(ladder);
        })
        .BuildServiceProvider();
}
