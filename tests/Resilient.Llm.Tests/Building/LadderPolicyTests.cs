using System.Net;
using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Settings go down from the ladder to its models; state does not.</summary>
public sealed class LadderPolicyTests
{
    private static readonly Scripted Down = Scripted.Throw(static () => new HttpRequestException("down", null, HttpStatusCode.InternalServerError));

    [BothWays]
    public async Task Circuit_SetOnTheLadder_EachModelHasItsOwn(bool streaming)
    {
        var primary = ScriptedChatClient.Playing(Down);
        using var ladder = new ResilientChatBuilder()
            .WithTimeProvider(new ManualTimeProvider())
            .WithRetries(0)
            .WithCircuitBreaker(failures: 2, within: TimeSpan.FromSeconds(10))
            .AddModel("primary", primary)
            .AddModel("cheaper", ScriptedChatClient.Answering("from cheaper"))
            .Build();

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        }

        var circuits = ladder.GetRequiredService<ChatCircuits>();
        Assert.Equal(2, primary.CallCount);
        Assert.Equal((CircuitState.Open, CircuitState.Closed), (circuits.Get("primary").State, circuits.Get("cheaper").State));
    }

    [BothWays]
    public async Task Retries_SetOnTheModel_WinOverTheLadders(bool streaming)
    {
        var (primary, cheaper) = (ScriptedChatClient.Playing(Down), ScriptedChatClient.Playing(Down));
        using var ladder = new ResilientChatBuilder()
            .WithRandomizer(static () => 0)
            .AddModel("primary", primary, m => m.WithRetries(1))
            .AddModel("cheaper", cheaper)
            .AddLastResort()
            .WithRetries(0)
            .Build();

        await ladder.AskAsync(streaming);

        Assert.Equal((2, 1), (primary.CallCount, cheaper.CallCount));
    }

    [Fact]
    public void Timeouts_SetOnBoth_TheModelChangesTheLadders()
    {
        using var ladder = new ResilientChatBuilder()
            .WithTimeouts(o => (o.AttemptTimeout, o.IdleTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)))
            .AddModel("primary", new ScriptedChatClient(), m => m.WithTimeouts(o => o.IdleTimeout = TimeSpan.FromSeconds(7)))
            .AddModel("cheaper", new ScriptedChatClient())
            .Build();

        var lines = ladder.GetRequiredService<LadderDescription>().ToString().Split('\n').Where(static l => l.Contains("timeout:", StringComparison.Ordinal)).ToArray();

        Assert.Equal(["    timeout: attempt 5 s, first content its share, idle 7 s", "    timeout: attempt 5 s, first content its share, idle 6 s"], lines);
    }

    [BothWays]
    public async Task Use_AboveAndBelow_TheFirstIsOutermost(bool streaming)
    {
        var order = new List<string>();
        using var ladder = new ResilientChatBuilder()
            .Use(c => new ListeningClient(c, "above 1", order))
            .Use((c, _) => new ListeningClient(c, "above 2", order))
            .AddModel("down", ScriptedChatClient.Playing(Down), m => m.WithRetries(0).Use(c => new ListeningClient(c, "below 1", order)).Use(c => new ListeningClient(c, "below 2", order)))
            .AddModel("up", ScriptedChatClient.Answering("up"), m => m.Use((c, _) => new ListeningClient(c, "other model", order)))
            .Build();

        Assert.Equal("up", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(["above 1", "above 2", "below 1", "below 2", "other model"], order);
    }

    [BothWays]
    public async Task Use_BelowInsideTheRetry_SeesEveryAttempt(bool streaming)
    {
        var order = new List<string>();
        using var ladder = new ResilientChatBuilder()
            .WithRandomizer(static () => 0)
            .Use(c => new ListeningClient(c, "above", order))
            .AddModel("primary", ScriptedChatClient.Playing(Down).Then(Scripted.Answer("second")), m => m.Use(c => new ListeningClient(c, "below", order)))
            .Build();

        Assert.Equal("second", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(["above", "below", "below"], order);
    }
}
