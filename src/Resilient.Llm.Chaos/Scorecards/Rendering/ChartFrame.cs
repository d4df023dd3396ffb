using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>The common parts of the charts over time: frame, time axis, and a labelled band for each experiment.</summary>
internal sealed class ChartFrame
{
    private const double Width = 960;
    private const double Left = 56;
    private const double Right = 12;
    private const double LaneHeight = 18;
    private const double PlotHeight = 210;
    private const double Bottom = 30;
    private const double LetterWidth = 6;
    private const int LongestName = 60;

    private static readonly int[] s_ticks = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

    private readonly Scorecard _card;
    private readonly string[] _labels;
    private readonly int[] _lanes;

    public ChartFrame(Scorecard card)
    {
        _card = card;
        _labels =
            [.. card.Experiments.Select(static (experiment, i) =>
                $"{ScorecardText.N(i + 1)}  {ScorecardText.Short(experiment.Name, LongestName)}")];
        _lanes = Lanes();
        Top = 6 + (LaneHeight * (_lanes.DefaultIfEmpty(-1).Max() + 1));
    }

    public double Top { get; }

    public double Base => Top + PlotHeight;

    public double X(TimeSpan at) => Left + ((Width - Left - Right) * (_card.Duration > TimeSpan.Zero ? at / _card.Duration : 0));

    /// <summary>The y coordinate of a height from 0 (bottom) to 1 (top).</summary>
    public double Y(double part) => Base - (PlotHeight * part);

    public void Open(Markup to, string title)
    {
        to.Add($"<svg class=\"chart\" viewBox=\"0 0 {Width} {Base + Bottom}\" role=\"img\" aria-label=\"{title}\">\n");
        for (var i = 0; i < _card.Experiments.Count; i++)
        {
            Band(to, i);
        }
    }

    public void Line(Markup to, double part, string label) => to
        .Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(part)}\" y2=\"{Y(part)}\"/>")
        .Add($"<text class=\"axis\" x=\"{Left - 8}\" y=\"{Y(part) + 4}\" text-anchor=\"end\">{label}</text>\n");

    public void Close(Markup to)
    {
        var step = TimeSpan.FromSeconds(s_ticks.FirstOrDefault(seconds => _card.Duration.TotalSeconds / seconds <= 12, 28_800));
        for (var at = TimeSpan.Zero; at <= _card.Duration; at += step)
        {
            to.Add($"<text class=\"axis\" x=\"{X(at)}\" y=\"{Base + 18}\" text-anchor=\"middle\">{GameDayText.Of(at)}</text>\n");
        }

        to.Add($"<line class=\"base\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Base}\" y2=\"{Base}\"/>\n</svg>\n");
    }

    /// <summary>Stacks experiments that overlap, or whose labels would.</summary>
    private int[] Lanes()
    {
        var ends = new List<double>();
        return [.. _card.Experiments.Select((experiment, i) =>
        {
            var from = Math.Min(X(experiment.StartedAt), LabelAt(i));
            var until = Math.Max(X(experiment.EndedAt), LabelAt(i) + LabelWidth(i));
            var lane = ends.FindIndex(end => end <= from);
            if (lane < 0)
            {
                ends.Add(until);
                return ends.Count - 1;
            }

            ends[lane] = until;
            return lane;
        })];
    }

    private double LabelWidth(int i) => (_labels[i].Length * LetterWidth) + 8;

    /// <summary>At the start of its band, or further left to fit into the chart.</summary>
    private double LabelAt(int i) => Math.Max(0, Math.Min(X(_card.Experiments[i].StartedAt), Width - LabelWidth(i)));

    private void Band(Markup to, int i)
    {
        var (experiment, top) = (_card.Experiments[i], 4 + (_lanes[i] * LaneHeight));
        var (from, width) = (X(experiment.StartedAt), Math.Max(1, X(experiment.EndedAt) - X(experiment.StartedAt)));
        to.Add($"<g class=\"band\"><title>{ScorecardText.N(i + 1)}: {experiment.Name}</title>")
            .Add($"<rect x=\"{from}\" y=\"{Top}\" width=\"{width}\" height=\"{PlotHeight}\"/>")
            .Add($"<rect class=\"flag\" x=\"{from}\" y=\"{top}\" width=\"{width}\" height=\"{LaneHeight - 2}\"/>")
            .Add($"<text x=\"{LabelAt(i) + 4}\" y=\"{top + 12}\">{_labels[i]}</text></g>\n");
    }
}
