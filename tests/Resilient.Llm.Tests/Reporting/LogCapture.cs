using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Tests;

/// <summary>Keeps everything that is logged above Trace, with exceptions as a log would print them.</summary>
internal sealed class LogCapture : ILoggerFactory, ILogger
{
    public LogCapture() => Services = new ServiceCollection().AddSingleton<ILoggerFactory>(this).BuildServiceProvider();

    public ConcurrentQueue<(LogLevel Level, string Text)> Entries { get; } = new();

    public ServiceProvider Services { get; }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel > LogLevel.Trace)
        {
            var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : state?.ToString();
            Entries.Enqueue((logLevel, $"{formatter(state, exception)} {values} {exception}"));
        }
    }

    public void Dispose()
    {
    }
}
