using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A model with two endpoints, and the active probes of its ladder running on the lab's clock.</summary>
internal sealed class ProbeLab : IDisposable
{
    public const string Ping = "ping";

    private readonly CancellationTokenSource _stopping = new();

    public ProbeLab() => LadderLab.GoOnInline();

    public LadderLab Lab { get; } = new();

    public ManualTimeProvider Clock => Lab.Clock;

    public ScriptedChatClient Sweden { get; } = new ScriptedChatClient().Always(Scripted.Answer("from sweden"));

    public ScriptedChatClient France { get; } = new ScriptedChatClient().Always(Scripted.Answer("from france"));

    public IChatClient Ladder { get; private set; } = null!;

    /// <summary>The probes; they run until the lab is disposed.</summary>
    public Task Run { get; private set; } = Task.CompletedTask;

    /// <summary>One failure opens a circuit, for 13.5 seconds at first (15, less the jitter of the lab's draw).</summary>
    public ProbeLab Start(Action<ChatProbeOptions>? probes = null, Action<ResilientChatBuilder>? configure = null, Action<ChatModelBuilder>? model = null, bool isRunning = true)
    {
        var builder = Lab.Builder()
            .WithCircuitBreaker(1, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15))
            .WithActiveProbes(probes)
            .AddModel("primary", primary =>
            {
                primary
                    .RouteBy(RoutingStrategy.Ordered)
                    .AddEndpoint("sweden", Sweden, static endpoint => endpoint.InRegion("swedencentral", "EU"))
                    .AddEndpoint("france", France, static endpoint => endpoint.InRegion("francecentral", "EU"));
                model?.Invoke(primary);
            });
        configure?.Invoke(builder);
        Ladder = builder.Build();
        Run = isRunning ? Probes.RunAsync(_stopping.Token) : Task.CompletedTask;
        return this;
    }

    public ChatProbes Probes => Ladder.GetRequiredService<ChatProbes>();

    public ChatCircuit Circuit => Ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden");

    public async Task<string> AskAsync(bool streaming = false) => (await Lab.RunAsync(Ladder.AskAsync(streaming))).Text;

    /// <summary>A request finds Sweden down and is answered by France.</summary>
    public async Task<ProbeLab> GoDownAsync(bool streaming = false)
    {
        Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        Assert.Equal("from france", await AskAsync(streaming));
        Assert.Equal(CircuitState.Open, Circuit.State);
        return this;
    }

    public void ComeBack() => Sweden.Always(Scripted.Answer("from sweden"));

    public void Pass(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    public static int Pings(ScriptedChatClient endpoint) => endpoint.Calls.Count(static call => call.Question == Ping);

    public static int Requests(ScriptedChatClient endpoint) => endpoint.CallCount - Pings(endpoint);

    public void Stop()
    {
        LadderLab.GoOnInline();
        _stopping.Cancel();
    }

    public void Dispose()
    {
        Stop();
        Assert.True(Run.IsCompletedSuccessfully);
        Ladder.Dispose();
        Assert.Equal(0, Clock.ArmedTimers);
        _stopping.Dispose();
    }
}
