using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Resilient.Llm;

namespace HostedApp;

/// <summary>Asks a question; takes the primary out of service by hand, as before a maintenance; asks again; and puts it back.</summary>
internal sealed partial class Visit(IChatClient chat, ChatCircuits circuits, IHostApplicationLifetime lifetime, ILogger<Visit> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Until everything has gone as it should; the host swallows what a background service throws.
        Environment.ExitCode = 1;
        try
        {
            var first = await AskAsync("What is a circuit breaker?", stoppingToken);

            circuits.Get("primary").Isolate();
            var second = await AskAsync("And who answers now?", stoppingToken);

            circuits.Get("primary").Reset();
            var third = await AskAsync("And now?", stoppingToken);

            Environment.ExitCode = (first, second, third) is ("primary", "cheaper", "primary") ? 0 : 1;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private async Task<string?> AskAsync(string question, CancellationToken cancellationToken)
    {
        var answer = new StringBuilder();
        ResilienceReport? report = null;
        await foreach (var update in chat.GetStreamingResponseAsync(question, cancellationToken: cancellationToken))
        {
            answer.Append(update.Text);

            // There on the first content, in short, and on the last update with every attempt.
            report = update.GetResilienceReport() ?? report;
        }

        LogAnswer(answer.ToString());
        LogReport(JsonSerializer.Serialize(report, ResilienceReportJsonContext.Default.ResilienceReport));
        return report?.ServedBy;
    }

    [LoggerMessage(1, LogLevel.Information, "Answer: {Answer}")]
    private partial void LogAnswer(string answer);

    [LoggerMessage(2, LogLevel.Information, "Report: {Report}")]
    private partial void LogReport(string report);
}
