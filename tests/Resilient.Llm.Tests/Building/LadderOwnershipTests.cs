using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Who made a client disposes it, once.</summary>
public sealed class LadderOwnershipTests
{
    [Fact]
    public void Dispose_Ladder_DisposesWhatFactoriesMadeAndNothingElse()
    {
        var (made, passedIn, keyed) = (new ScriptedChatClient(), new ScriptedChatClient(), new ScriptedChatClient());
        using var services = new ServiceCollection().AddKeyedSingleton<IChatClient>("keyed", keyed).BuildServiceProvider();
        var ladder = new ResilientChatBuilder()
            .AddModel("made", _ => made, m => m.Use(c => new PassingClient(c)).WithRateLimit(o => o.MaxConcurrentCalls = 1).WithPipeline(Polly.ResiliencePipeline.Empty))
            .AddModel("passed in", passedIn)
            .AddModel("keyed")
            .AddCachedAnswers()
            .AddLastResort()
            .Use(c => new PassingClient(c))
            .Build(services);

        ladder.Dispose();
        ladder.Dispose();

        Assert.Equal((1, 0, 0), (made.Disposals, passedIn.Disposals, keyed.Disposals));
    }

    [Fact]
    public void Dispose_Provider_DisposesEachClientOfItsOwnOnce()
    {
        var (made, passedIn, keyed) = (new ScriptedChatClient(), new ScriptedChatClient(), new ScriptedChatClient());
        var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("keyed", (_, _) => keyed)
            .AddResilientChat(b => b.AddModel("made", _ => made).AddModel("passed in", passedIn).AddModel("keyed"))
            .BuildServiceProvider();
        var ladder = provider.GetRequiredService<IChatClient>();

        provider.Dispose();
        ladder.Dispose();

        Assert.Equal((1, 0, 1), (made.Disposals, passedIn.Disposals, keyed.Disposals));
    }

    [Fact]
    public void Factory_LadderResolvedTwice_RunsOnceWithTheServices()
    {
        var seen = new List<IServiceProvider>();
        using var provider = new ServiceCollection()
            .AddSingleton("secret")
            .AddResilientChat(b => b.AddModel("made", services =>
            {
                seen.Add(services);
                return ScriptedChatClient.Answering(services.GetRequiredService<string>());
            }))
            .BuildServiceProvider();

        Assert.Same(provider.GetRequiredService<IChatClient>(), provider.GetRequiredService<IChatClient>());
        Assert.Equal("secret", Assert.Single(seen).GetRequiredService<string>());
    }

    [BothWays]
    public async Task Clients_OfEveryKind_Answer(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("keyed", ScriptedChatClient.Answering("keyed"))
            .BuildServiceProvider();
        using var keyed = new ResilientChatBuilder().AddModel("keyed").Build(provider);
        using var configured = new ResilientChatBuilder().AddModel("keyed", m => m.WithRetries(0)).Build(provider);
        using var instance = new ResilientChatBuilder().AddModel("x", ScriptedChatClient.Answering("instance")).Build();
        using var factory = new ResilientChatBuilder().AddModel("x", _ => ScriptedChatClient.Answering("factory")).Build();

        Assert.Equal("keyed", (await keyed.AskAsync(streaming)).Text);
        Assert.Equal("keyed", (await configured.AskAsync(streaming)).Text);
        Assert.Equal("instance", (await instance.AskAsync(streaming)).Text);
        Assert.Equal("factory", (await factory.AskAsync(streaming)).Text);
    }
}
