using System.Globalization;
using Resilient.Llm.Chaos;

namespace GameDay.Live;

/// <summary>Shows how a game day is going: on a terminal a line that changes, with what happens above it; elsewhere lines, one for what happens and one for every fifth second.</summary>
internal sealed class ConsoleProgress : IProgress<GameDayProgress>
{
    private const int BarLength = 20;
    private const int EverySeconds = 5;

    private readonly Lock _lock = new();
    private readonly bool _isPlain = Console.IsOutputRedirected;
    private int _length;

    public void Report(GameDayProgress value)
    {
        lock (_lock)
        {
            if (value.Happened is { } happened)
            {
                Line(string.Create(CultureInfo.InvariantCulture, $"{value.Elapsed.TotalSeconds,5:0.0} s  {happened}"));
            }
            else if (!_isPlain)
            {
                Rewrite(Status(value));
            }
            else if ((int)value.Elapsed.TotalSeconds % EverySeconds == 0 || value.Elapsed >= value.Duration)
            {
                Line(Status(value));
            }
        }
    }

    private static string Status(GameDayProgress it)
    {
        var done = Math.Clamp((int)(BarLength * (it.Elapsed / it.Duration)), 0, BarLength);
        var steps = string.Join(", ", it.Steps.OrderBy(static step => step.Key, StringComparer.Ordinal).Select(static step => string.Create(CultureInfo.InvariantCulture, $"{step.Key} {step.Value}")));
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{it.Elapsed.TotalSeconds,5:0.0} s  [{new string('#', done)}{new string('.', BarLength - done)}] {it.Answered} of {it.Asked} answered, {it.InFlight} under way | ");
        return text + (steps.Length == 0 ? "nobody" : steps)
            + (it.FirstContentP50 is { } p50 && it.FirstContentP99 is { } p99 ? string.Create(CultureInfo.InvariantCulture, $" | p50 {p50.TotalMilliseconds:0} ms, p99 {p99.TotalMilliseconds:0} ms") : "")
            + (it.Running.Count == 0 ? "" : $" | {string.Join(", ", it.Running)}");
    }

    private void Line(string text)
    {
        if (!_isPlain)
        {
            Rewrite("");
            Console.Write('\r');
        }

        Console.WriteLine(text);
        _length = 0;
    }

    private void Rewrite(string text)
    {
        // A line that wraps cannot be written over.
        var width = Console.WindowWidth is > 1 and var known ? known - 1 : 120;
        text = text.Length > width ? text[..width] : text;
        Console.Write('\r' + text.PadRight(_length));
        _length = text.Length;
    }
}
