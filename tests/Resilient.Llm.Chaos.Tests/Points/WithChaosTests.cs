using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>How chaos gets into a ladder.</summary>
public sealed class WithChaosTests : IDisposable
{
    private readonly FaultLab _lab = new();

    [BothWays]
    public async Task WithChaos_OnLadderModelAndEndpoint_EachCallIsAskedAboutOnce(bool streaming)
    {
        using var ladder = Builder()
            .WithChaos(_lab.Chaos)
            .WithChaos(_lab.Chaos)
            .AddModel("primary", model => model
                .WithChaos(_lab.Chaos)
                .AddEndpoint("east", _lab.Primary, endpoint => endpoint.WithChaos(_lab.Chaos)))
            .Build();
        using var run = _lab.Start(ChaosFault.SlowedBy(TimeSpan.FromSeconds(2)));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal((1, TimeSpan.FromSeconds(2)), (run.Injected, response.GetResilienceReport()!.Elapsed));
        Assert.Contains("innermost: ChaosChatClient\n", ladder.GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithChaos_TwoControllersInTurn_EachStandsThereOnce()
    {
        using var other = new FaultLab();
        using var ladder = Builder()
            .WithChaos(_lab.Chaos)
            .WithChaos(other.Chaos)
            .AddModel("primary", _lab.Primary, model => model.WithChaos(_lab.Chaos).WithChaos(other.Chaos))
            .Build();
        using var run = _lab.Start(ChaosFault.SlowedBy(TimeSpan.FromSeconds(2)));
        using var another = other.Start(ChaosFault.RateLimited());

        await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming: false)));

        Assert.Equal((1, 1), (run.Injected, another.Injected));
        Assert.Contains("innermost: ChaosChatClient, ChaosChatClient\n", ladder.GetRequiredService<LadderDescription>().ToString(), StringComparison.Ordinal);
    }

    [BothWays]
    public async Task WithChaos_OnOneEndpoint_OnlyThatIsHit(bool streaming)
    {
        var ladder = Builder()
            .AddModel("primary", model => model
                .RouteBy(RoutingStrategy.Ordered)
                .AddEndpoint("east", _lab.Primary, endpoint => endpoint.WithChaos(_lab.Chaos))
                .AddEndpoint("west", _lab.Cheaper))
            .Build();
        using var run = _lab.Start(new(ChaosFaultKind.ModelUnavailable));

        Assert.Equal("west", (await ladder.AskAsync(streaming)).GetResilienceReport()!.Endpoint);
        ladder.Dispose();
    }

    [Fact]
    public async Task WithChaos_Ladder_TellsTheControllerOfEachRequestAndCircuitOnce()
    {
        var (completed, changes, calls) = (0, 0, new List<(string, bool)>());
        _lab.Chaos.Traffic.Completed += _ => completed++;
        _lab.Chaos.Traffic.CircuitChanged += _ => changes++;
        _lab.Chaos.Traffic.Called += (endpoint, injected) => calls.Add((endpoint.Endpoint, injected));
        using var ladder = Builder()
            .WithChaos(_lab.Chaos)
            .WithChaos(_lab.Chaos)
            .WithCircuitBreaker(failures: 1, within: TimeSpan.FromSeconds(10))
            .AddModel("primary", _lab.Primary)
            .AddModel("cheaper", _lab.Cheaper, model => model.WithChaos(_lab.Chaos))
            .Build();
        using var run = _lab.Start(new(ChaosFaultKind.ModelUnavailable), target: new() { Models = ["primary"] });

        await ladder.AskAsync(streaming: false);
        await ladder.AskAsync(streaming: true);

        Assert.Equal((2, 1), (completed, changes));
        Assert.Equal([("primary", true), ("cheaper", false), ("cheaper", false)], calls);
    }

    [BothWays]
    public async Task WithChaos_OfTheServices_IsTheirControllerOnEveryLevel(bool streaming)
    {
        using var services = new ServiceCollection()
            .AddSingleton(_lab.Chaos)
            .AddSingleton<TimeProvider>(_lab.Clock)
            .AddKeyedSingleton<IChatClient>("primary", _lab.Primary)
            .AddResilientChat(chat => chat.WithChaos().WithRetries(0).AddModel("primary", model => model.WithChaos().AddEndpoint("east", _lab.Primary, static endpoint => endpoint.WithChaos())))
            .BuildServiceProvider();
        var completed = 0;
        _lab.Chaos.Traffic.Completed += _ => completed++;
        var ladder = services.GetRequiredService<IChatClient>();
        using var run = _lab.Start(new(ChaosFaultKind.ServerError));

        await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        Assert.Equal((1, 1), (run.Injected, completed));
    }

    [Fact]
    public void WithChaos_ServicesWithoutAController_SaysTheMend()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Builder().WithChaos().AddModel("primary", _lab.Primary).Build());

        Assert.Contains("AddChaos()", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>In front of the guard the options still say whose request it is, and middleware that drops them is found out all the same.</summary>
    [BothWays]
    public async Task WithChaos_TenantOfTheApplicationsOwn_IsReadFromTheOptions(bool streaming)
    {
        using var chaos = new ChaosController(
            new() { Enabled = true, Environment = "Test", Tenant = static options => options?.AdditionalProperties?["tenant"] as string }, _lab.Clock, static () => 0);
        using var ladder = Builder().WithChaos(chaos).AddModel("primary", _lab.Primary).Build();
        using var run = chaos.Start(
            new() { Name = "acme", Fault = new(ChaosFaultKind.ServerError), Target = new() { Tenants = ["acme"] } }, "test");

        Assert.Equal("One two three.", (await ladder.AskAsync(streaming, options: Of("other"))).Text);
        await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming, options: Of("acme")));

        static ChatOptions Of(string tenant) => new() { AdditionalProperties = new() { ["tenant"] = tenant } };
    }

    [Fact]
    public void WithChaos_BadArguments_AreNamed()
    {
        Assert.Throws<ArgumentNullException>("chaos", () => Builder().WithChaos(null!));
        Assert.Throws<ArgumentNullException>("chaos", () => new ChaosChatClient(_lab.Primary, null!, "primary"));
        Assert.Throws<ArgumentException>("model", () => new ChaosChatClient(_lab.Primary, _lab.Chaos, " "));
    }

    public void Dispose() => _lab.Dispose();

    private ResilientChatBuilder Builder() => new ResilientChatBuilder().WithTimeProvider(_lab.Clock).WithRandomizer(static () => 0.5).WithRetries(0);
}
