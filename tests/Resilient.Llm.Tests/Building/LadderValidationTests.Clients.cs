using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Clients that cannot be had.</content>
public sealed partial class LadderValidationTests
{
    [Fact]
    public void Build_FactoryReturnsNull_IsRefusedByName()
    {
        var builder = new ResilientChatBuilder().AddModel("primary", _ => null!);

        Assert.Contains("'primary' has no client: its factory returned null", Assert.Throws<InvalidOperationException>(() => builder.Build()).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Build_NoKeyedClient_SaysHowToRegisterOne(bool withServices)
    {
        using var provider = new ServiceCollection().BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(() => new ResilientChatBuilder().AddModel("primary").Build(withServices ? provider : null));

        Assert.Contains("AddKeyedSingleton<IChatClient>(\"primary\", …)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("AddModel(\"primary\", …)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_ServicesWithoutKeys_SaysHowToRegisterOne() => Assert.Contains(
        "no keyed IChatClient 'primary'",
        Assert.Throws<InvalidOperationException>(() => new ResilientChatBuilder().AddModel("primary").Build(new NoKeys())).Message);

    [Fact]
    public void Build_LaterStepFails_DisposesWhatFactoriesMadeOnce()
    {
        var first = new ScriptedChatClient();
        var passedIn = new ScriptedChatClient();
        var builder = new ResilientChatBuilder()
            .AddModel("first", _ => first)
            .AddModel("second", passedIn)
            .AddModel("third", _ => throw new NotSupportedException("no key"));

        Assert.Equal("no key", Assert.Throws<NotSupportedException>(() => builder.Build()).Message);
        Assert.Equal((1, 0), (first.Disposals, passedIn.Disposals));
    }

    [Fact]
    public void Build_UseFails_DisposesTheClientThatWasJustMade()
    {
        var client = new ScriptedChatClient();
        var below = new ResilientChatBuilder().AddModel("primary", _ => client, m => m.Use(_ => null!));
        var above = new ResilientChatBuilder().AddModel("primary", _ => client).Use(_ => null!);

        Assert.Contains("Model 'primary': a function given to Use returned null", Assert.Throws<InvalidOperationException>(() => below.Build()).Message);
        Assert.Equal(1, client.Disposals);
        Assert.Contains("above the ladder", Assert.Throws<InvalidOperationException>(() => above.Build()).Message);
        Assert.Equal(2, client.Disposals);
    }

    [Fact]
    public void Build_DisposalFailsToo_TheFirstFailureIsTold()
    {
        var other = new ScriptedChatClient();
        var builder = new ResilientChatBuilder()
            .AddModel("first", _ => other)
            .AddModel("second", _ => new BadDisposer())
            .AddModel("third", _ => null!);

        Assert.Contains("'third'", Assert.Throws<InvalidOperationException>(() => builder.Build()).Message);
        Assert.Equal(1, other.Disposals);
    }

    [Fact]
    public void Build_SearchFactoryFails_DisposesTheSearchBeforeIt()
    {
        var search = new FakeSearch();
        var client = new ScriptedChatClient();
        var builder = new ResilientChatBuilder()
            .AddModel("primary", _ => client)
            .AddLastResort(l => l.AddSearch(_ => search).AddSearch(_ => null!));

        Assert.Contains("AddSearch returned null", Assert.Throws<InvalidOperationException>(() => builder.Build()).Message);
        Assert.Equal((1, 1), (search.Disposed, client.Disposals));
    }

    [Fact]
    public void Register_Mistake_IsRefusedAtOnce()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentException>(() => services.AddResilientChat(b => b.AddLastResort()));
        Assert.Throws<ArgumentException>(() => services.AddKeyedResilientChat("a", b => b.AddModel("x").WithRetries(99)));
        Assert.Empty(services);
    }

    public static TheoryData<string, Action<IServiceCollection>> Recursions { get; } = new()
    {
        { "a factory asks for the ladder", s => s.AddResilientChat(b => b.AddModel("x", p => p.GetRequiredService<IChatClient>())) },
        {
            "a factory asks for the client that the ladder replaced",
            s => s.AddSingleton<IChatClient>(new ScriptedChatClient()).AddResilientChat(b => b.AddModel("x", p => p.GetRequiredService<IChatClient>()))
        },
        {
            "a ladder within asks for the ladder",
            s => s.AddResilientChat(b => b.AddModel("x", p => new ResilientChatBuilder().AddModel("y", q => q.GetRequiredService<IChatClient>()).Build(p)))
        },
        {
            "a keyed client asks for the ladder",
            s => s.AddKeyedSingleton("x", (p, _) => p.GetRequiredService<IChatClient>()).AddResilientChat(b => b.AddModel("x"))
        },
        {
            "a keyed ladder has the key of its own model",
            s => s.AddKeyedResilientChat("x", b => b.AddModel("x")).AddSingleton(p => p.GetRequiredKeyedService<IChatClient>("x"))
        },
        {
            "two keyed ladders have each other",
            s => s.AddKeyedResilientChat("x", b => b.AddModel("y")).AddKeyedResilientChat("y", b => b.AddModel("x")).AddSingleton(p => p.GetRequiredKeyedService<IChatClient>("x"))
        },
    };

    [Theory]
    [MemberData(nameof(Recursions))]
    public void Resolve_LadderInItself_IsRefused(string way, Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        using var provider = services.BuildServiceProvider();

        var exception = Assert.Throws<InvalidOperationException>(provider.GetRequiredService<IChatClient>);

        Assert.True(exception.Message.StartsWith("A model of the ladder resolves to the ladder itself.", StringComparison.Ordinal), $"{way}: {exception}");
        Assert.Contains("AddKeyedSingleton<IChatClient>", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_LadderInAnotherLadder_IsAllowed()
    {
        using var provider = new ServiceCollection()
            .AddKeyedResilientChat("inner", b => b.AddModel("model", ScriptedChatClient.Answering("from within")))
            .AddResilientChat(b => b.AddModel("inner"))
            .BuildServiceProvider();

        Assert.Equal("from within", (await provider.GetRequiredService<IChatClient>().AskAsync(streaming: false)).Text);
    }

    private sealed class NoKeys : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }

    private sealed class BadDisposer() : DelegatingChatClient(new ScriptedChatClient())
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new InvalidOperationException("cannot be disposed");
        }
    }
}
