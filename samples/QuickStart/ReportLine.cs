using System.Globalization;
using Microsoft.Extensions.AI;
using Resilient.Llm;

namespace QuickStart;

/// <summary>One line about one answer: who gave it, whether that is less than was hoped for, how long it took, and its first words.</summary>
internal static class ReportLine
{
    private const int Words = 6;

    public static void Write(ChatResponse response)
    {
        // Null only for answers that did not come through a ladder.
        var report = response.GetResilienceReport() ?? throw new InvalidOperationException("The answer carries no report.");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"source={report.Source} served-by={report.ServedBy} degraded={report.IsDegraded}{(report.Region is null ? "" : $" region={report.Region}")} "
            + $"elapsed-ms={report.Elapsed.TotalMilliseconds:F0} | {FirstWords(response.Text)}"));
        foreach (var attempt in report.Attempts.Where(a => a is { Role: AttemptRole.Continuation, Delivered: AttemptDelivery.Content }))
        {
            Console.WriteLine($"continued by {attempt.Step}");
        }
    }

    private static string FirstWords(string text)
    {
        var words = text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', words.Take(Words)) + (words.Length > Words ? "…" : "");
    }
}
