using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderLoggingTests : IDisposable
{
    private readonly LogCapture _log = new();

    public static TheoryData<Action<ResilientChatBuilder>> FunctionsBelow { get; } =
    [
        b => b.AddModel("primary", new FunctionInvokingChatClient(new ScriptedChatClient())),
        b => b.AddModel("primary", _ => new Derived(new ScriptedChatClient())),
        b => b.AddModel("primary", new ScriptedChatClient(), m => m.Use(static c => new FunctionInvokingChatClient(c))),
    ];

    [Theory]
    [MemberData(nameof(FunctionsBelow))]
    public void FunctionInvocation_BelowTheLadder_IsWarnedOf(Action<ResilientChatBuilder> configure)
    {
        Build(configure);

        var entry = Assert.Single(_log.Entries);
        Assert.Equal(("Resilient.Llm", LogLevel.Warning), (entry.Category, entry.Level));
        Assert.Contains("primary invokes functions below the ladder", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FunctionInvocation_AboveTheLadder_IsFine()
    {
        Build(b => b.AddModel("primary", new ScriptedChatClient()).Use(static c => new FunctionInvokingChatClient(c)));

        Assert.Empty(_log.Entries);
    }

    [BothWays]
    public async Task Log_SinkThrows_TheNextModelAnswersAllTheSame(bool streaming)
    {
        var lab = new LadderLab();
        lab.FailPrimary();
        using var services = new ServiceCollection().AddSingleton<ILoggerFactory, BrokenLog>().BuildServiceProvider();
        var ladder = lab.Builder().AddModel("primary", lab.Primary).AddModel("cheaper", lab.Cheaper).Build(services);

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
    }

    public void Dispose() => _log.Dispose();

    private void Build(Action<ResilientChatBuilder> configure)
    {
        using var provider = new ServiceCollection().AddSingleton<ILoggerFactory>(_log).AddResilientChat(configure).BuildServiceProvider();
        provider.GetRequiredService<IChatClient>();
    }

    private sealed class Derived(IChatClient innerClient) : FunctionInvokingChatClient(innerClient);
}
