using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Tests;

/// <summary>Services whose log a test can read.</summary>
internal sealed class EventLog : ILoggerFactory, ILogger
{
    public EventLog() => Services = new ServiceCollection().AddSingleton<ILoggerFactory>(_ => this).BuildServiceProvider();

    public ServiceProvider Services { get; }

    public List<(int Id, LogLevel Level, string Text)> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Add((eventId.Id, logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
