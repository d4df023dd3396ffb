using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderLoggingTests : IDisposable
{
    private readonly RecordingLoggerFactory _log = new();

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

        var (category, level, text) = Assert.Single(_log.Entries);
        Assert.Equal(("Resilient.Llm", LogLevel.Warning), (category, level));
        Assert.Contains("primary invokes functions below the ladder", text, StringComparison.Ordinal);
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
        using var services = new ServiceCollection().AddSingleton<ILoggerFactory, BrokenSink>().BuildServiceProvider();
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

    private sealed class RecordingLoggerFactory : ILoggerFactory
    {
        public List<(string Category, LogLevel Level, string Text)> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, Entries);

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        private sealed class Recorder(string category, List<(string, LogLevel, string)> entries) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                entries.Add((category, logLevel, formatter(state, exception)));
        }
    }

    private sealed class BrokenSink : ILoggerFactory, ILogger
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Trace ? true : throw new InvalidOperationException("The sink is broken.");

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("The sink is broken.");

        public void Dispose()
        {
        }
    }
}
