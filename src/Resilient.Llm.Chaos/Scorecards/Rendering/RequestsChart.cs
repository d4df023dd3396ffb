using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Requests over time: a bar for each interval, stacked by step.</summary>
internal static class RequestsChart
{
    public static void Write(Markup to, Scorecard card, ScorecardColors colors)
    {
        var frame = new ChartFrame(card);
        var most = Math.Max(1, card.Series.Select(Count).DefaultIfEmpty().Max());
        var step = Step(most);
        var top = (int)Math.Ceiling(most / (double)step) * step;

        frame.Open(to, "Requests over time, by who answered");
        for (var count = 0; count <= top; count += step)
        {
            frame.Line(to, (double)count / top, ScorecardText.N(count));
        }

        foreach (var point in card.Series)
        {
            Bar(to, frame, point, card.SeriesStep, colors, top);
        }

        frame.Close(to);
    }

    private static void Bar(Markup to, ChartFrame frame, ScorecardPoint point, TimeSpan step, ScorecardColors colors, int top)
    {
        var x = frame.X(point.At) + 0.5;
        var width = Math.Max(0.5, frame.X(point.At + step) - frame.X(point.At) - 1);
        var parts = colors.Steps.Select(step => (step.Name, step.Class, Count: point.Steps.GetValueOrDefault(step.Name)))
            .Append(("not answered", ScorecardColors.Failed, point.Failed)).Where(static part => part.Item3 > 0).ToArray();
        to.Add(
            $"<g><title>{GameDayText.Of(point.At)}: "
            + $"{string.Join(", ", parts.Select(static part => $"{part.Item1} {ScorecardText.N(part.Item3)}"))}</title>");
        var below = 0;
        foreach (var (_, style, count) in parts)
        {
            var y = frame.Y((double)(below + count) / top);
            to.Add($"<rect class=\"{style}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{frame.Y((double)below / top) - y}\"/>");
            below += count;
        }

        to.Raw("</g>\n");
    }

    private static int Count(ScorecardPoint point) => point.Steps.Values.Sum() + point.Failed;

    /// <summary>The smallest of 1, 2, 5, 10, 20, … that needs at most five lines.</summary>
    private static int Step(int most)
    {
        var power = 1;
        while (most > 25L * power)
        {
            power *= 10;
        }

        return power * ((int[])[1, 2, 5]).First(factor => most <= 5L * power * factor);
    }
}
