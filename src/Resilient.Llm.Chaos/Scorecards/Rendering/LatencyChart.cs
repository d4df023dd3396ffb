using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>The time to first content over time, p50 and p99, on a logarithmic scale.</summary>
internal static class LatencyChart
{
    public static void Write(Markup to, Scorecard card)
    {
        var times = card.Series.SelectMany(static point => new[] { point.P50, point.P99 })
            .OfType<TimeSpan>().Select(Milliseconds).DefaultIfEmpty(1).ToArray();
        var low = (int)Math.Floor(Math.Log10(times.Min()));
        var high = Math.Max(low + 1, (int)Math.Ceiling(Math.Log10(times.Max())));
        var frame = new ChartFrame(card);

        frame.Open(to, "Time to first content over time, p50 and p99");
        for (var power = low; power <= high; power++)
        {
            frame.Line(to, (double)(power - low) / (high - low), GameDayText.Of(TimeSpan.FromMilliseconds(Math.Pow(10, power))));
        }

        Course(to, "p99", static point => point.P99);
        Course(to, "p50", static point => point.P50);
        frame.Close(to);

        void Course(Markup markup, string style, Func<ScorecardPoint, TimeSpan?> time)
        {
            var stretch = new List<(double X, double Y)>();
            foreach (var point in card.Series)
            {
                if (time(point) is { } known)
                {
                    stretch.Add(
                        (frame.X(point.At + (card.SeriesStep / 2)), frame.Y((Math.Log10(Milliseconds(known)) - low) / (high - low))));
                    markup.Add(
                        $"<circle class=\"{style}\" cx=\"{stretch[^1].X}\" cy=\"{stretch[^1].Y}\" "
                        + $"r=\"2.5\"><title>{GameDayText.Of(point.At)}: {style} {GameDayText.Of(known)}</title></circle>");
                }
                else
                {
                    Stroke(markup, style, stretch);
                }
            }

            Stroke(markup, style, stretch);
        }
    }

    /// <summary>Draws a line through consecutive measurements, with gaps where there are none.</summary>
    private static void Stroke(Markup to, string style, List<(double X, double Y)> stretch)
    {
        if (stretch.Count > 1)
        {
            to.Add($"<polyline class=\"{style}\" points=\"");
            foreach (var (x, y) in stretch)
            {
                to.Add($"{x},{y} ");
            }

            to.Raw("\"/>\n");
        }

        stretch.Clear();
    }

    /// <summary>At least 0.1, because zero has no logarithm.</summary>
    private static double Milliseconds(TimeSpan time) => Math.Max(0.1, time.TotalMilliseconds);
}
