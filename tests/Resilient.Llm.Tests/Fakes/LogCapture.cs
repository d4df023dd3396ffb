using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resilient.Llm.Tests;

/// <summary>Keeps what is logged above Trace.</summary>
/// <param name="minimum">The lowest level that is enabled.</param>
internal sealed class LogCapture(LogLevel minimum = LogLevel.Trace) : ILoggerFactory
{
    private readonly LogLevel _minimum = minimum;
    private ServiceProvider? _services;

    public ConcurrentQueue<LogEntry> Entries { get; } = new();

    /// <summary>Services with this log alone.</summary>
    public ServiceProvider Services => _services ??= new ServiceCollection().AddSingleton<ILoggerFactory>(_ => this).BuildServiceProvider();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class Logger(LogCapture owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner._minimum;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel > LogLevel.Trace)
            {
                var values = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs) : state?.ToString();
                owner.Entries.Enqueue(new(category, logLevel, eventId.Id, formatter(state, exception), $"{values} {exception}"));
            }
        }
    }
}

/// <param name="Category">The name of the logger.</param>
/// <param name="Level">The level.</param>
/// <param name="Id">The number of the event.</param>
/// <param name="Message">The formatted message.</param>
/// <param name="Details">The values of the message, and the exception as a log would print it.</param>
internal sealed record LogEntry(string Category, LogLevel Level, int Id, string Message, string Details)
{
    /// <summary>Gets everything that a log could show of the entry.</summary>
    public string Text => $"{Message} {Details}";
}
