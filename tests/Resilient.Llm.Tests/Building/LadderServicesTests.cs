using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly.CircuitBreaker;
using Resilient.Llm.Testing;
using Resilient.Llm.Tests.Caching;

namespace Resilient.Llm.Tests;

/// <summary>What a ladder takes from the container, what it puts there, and what can be asked of it.</summary>
public sealed class LadderServicesTests
{
    [Fact]
    public void GetService_ThroughTheLadder_FindsTheFirstModelsMetadataAndTheLaddersOwn()
    {
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", new ScriptedChatClient().Named("first provider"))
            .AddModel("cheaper", new ScriptedChatClient().Named("second provider"))
            .AddCachedAnswers()
            .AddLastResort()
            .Use(c => new PassingClient(c))
            .Build();

        Assert.Equal("first provider", ladder.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Equal(["primary", "cheaper"], ladder.GetService<ChatCircuits>()!.Select(static c => c.Name));
        Assert.NotNull(ladder.GetService<LadderDescription>());
        Assert.NotNull(ladder.GetService<ResilientChatClient>());
        Assert.NotNull(ladder.GetService<PassingClient>());
        Assert.Null(ladder.GetService<ChatCircuits>("key"));
        Assert.Null(ladder.GetService<string>());
    }

    [BothWays]
    public async Task Register_Twice_TheLastWins(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddSingleton<IChatClient>(ScriptedChatClient.Answering("plain"))
            .AddResilientChat(b => b.AddModel("one", ScriptedChatClient.Answering("first")))
            .AddResilientChat(b => b.AddModel("two", ScriptedChatClient.Answering("second")))
            .BuildServiceProvider();

        Assert.Equal("second", (await provider.GetRequiredService<IChatClient>().AskAsync(streaming)).Text);
        Assert.Equal("two", Assert.Single(provider.GetRequiredService<ChatCircuits>()).Model);
    }

    [BothWays]
    public async Task Register_Keyed_LaddersStandSideBySide(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddKeyedResilientChat("a", b => b.AddModel("model", ScriptedChatClient.Answering("from a")))
            .AddKeyedResilientChat("b", b => b.AddModel("model", ScriptedChatClient.Answering("from b")).AddLastResort())
            .AddResilientChat(b => b.AddModel("model", ScriptedChatClient.Answering("from the other")))
            .BuildServiceProvider();

        provider.GetRequiredKeyedService<ChatCircuits>("b").Get("model").Isolate();

        Assert.Equal("from a", (await provider.GetRequiredKeyedService<IChatClient>("a").AskAsync(streaming)).Text);
        Assert.Equal("from the other", (await provider.GetRequiredService<IChatClient>().AskAsync(streaming)).Text);
        var report = (await provider.GetRequiredKeyedService<IChatClient>("b").AskAsync(streaming)).GetResilienceReport()!;
        Assert.Equal(AnswerSource.LastResort, report.Source);
    }

    [BothWays]
    public async Task Circuits_IsolatedByHand_TheNextStepAnswersUntilReset(bool streaming)
    {
        var primary = ScriptedChatClient.Answering("from primary");
        using var provider = new ServiceCollection()
            .AddResilientChat(b => b.AddModel("primary", primary).AddModel("cheaper", ScriptedChatClient.Answering("from cheaper")))
            .BuildServiceProvider();
        var ladder = provider.GetRequiredService<IChatClient>();
        var circuits = provider.GetRequiredService<ChatCircuits>();
        Assert.Same(circuits, ladder.GetService<ChatCircuits>());

        circuits.Get("primary").Isolate();
        var response = await ladder.AskAsync(streaming);

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(CircuitState.Isolated, circuits.Get("primary").State);
        var skipped = response.GetResilienceReport()!.Attempts[0];
        Assert.Equal((FailureKind.CircuitOpen, "isolated"), (skipped.Failure, skipped.SkipReason));
        Assert.Equal(0, primary.CallCount);

        circuits.Get("primary").Reset();

        Assert.Equal("from primary", (await ladder.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task TimeProvider_InTheContainer_IsTheLaddersClock(bool streaming)
    {
        var clock = new ManualTimeProvider();
        using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddResilientChat(b => b.AddModel("primary", ScriptedChatClient.Playing(Scripted.Hang())).AddLastResort().AnswerWithin(TimeSpan.FromSeconds(10)))
            .BuildServiceProvider();

        var answer = provider.GetRequiredService<IChatClient>().AskAsync(streaming);
        Assert.False(answer.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(AnswerSource.LastResort, (await answer).GetResilienceReport()!.Source);
    }

    [BothWays]
    public async Task DistributedCache_InTheContainer_IsTheCachedAnswersStore(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddSingleton<TimeProvider>(new ManualTimeProvider())
            .AddSingleton<IDistributedCache>(new FakeDistributedCache())
            .AddKeyedResilientChat("writer", b => b
                .AddModel("primary", ScriptedChatClient.Answering("stored"))
                .AddCachedAnswers(o => o.UseDistributedCache()))
            .AddKeyedResilientChat("reader", b => b
                .AddModel("primary", ScriptedChatClient.Throwing(new TimeoutException()))
                .AddCachedAnswers(o => o.UseDistributedCache()))
            .BuildServiceProvider();

        await provider.GetRequiredKeyedService<IChatClient>("writer").AskAsync(streaming);
        var answer = await provider.GetRequiredKeyedService<IChatClient>("reader").AskAsync(streaming);

        Assert.Equal("stored", answer.Text);
        Assert.Equal(AnswerSource.Cache, answer.GetResilienceReport()!.Source);
    }

    [Fact]
    public void DistributedCache_NotInTheContainer_IsRefusedBeforeAClientIsMade()
    {
        using var provider = new ServiceCollection()
            .AddResilientChat(b => b
                .AddModel("primary", _ => throw new NotSupportedException("made too early"))
                .AddCachedAnswers(o => o.UseDistributedCache()))
            .BuildServiceProvider();

        Assert.Contains("none is registered", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<IChatClient>).Message);
    }

    [Fact]
    public void HostStart_ClientMissing_StopsTheApplicationNotItsFirstRequest()
    {
        using var provider = new ServiceCollection()
            .AddResilientChat(b => b.AddModel("primary", ScriptedChatClient.Answering("fine")))
            .AddKeyedResilientChat("second", b => b.AddModel("missing"))
            .BuildServiceProvider();

        // What a host runs before it starts anything.
        var start = provider.GetRequiredService<IStartupValidator>();

        Assert.Contains("no keyed IChatClient 'missing'", Assert.Throws<InvalidOperationException>(start.Validate).Message);
    }

    [Fact]
    public void Circuits_AnotherClientIsRegisteredLast_AreRefusedWithTheMend()
    {
        using var provider = new ServiceCollection()
            .AddResilientChat(b => b.AddModel("primary", ScriptedChatClient.Answering("fine")))
            .AddSingleton<IChatClient>(ScriptedChatClient.Answering("other"))
            .BuildServiceProvider();

        Assert.Contains("a ScriptedChatClient, has no circuits", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<ChatCircuits>).Message);
    }
}
