using Resilient.Llm.Chaos.GameDays;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Renders a scorecard as one HTML file: inline SVG and CSS, no scripts, no external resources.</summary>
internal static class ScorecardHtml
{
    public static string Write(Scorecard card)
    {
        var colors = new ScorecardColors(card);
        var to = new Markup();
        to.Add(
            $"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + $"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Add($"<title>{card.Name}</title>\n<style>\n").Raw(ScorecardStyle.Sheet).Raw("\n</style>\n</head>\n<body>\n");
        Head(to, card);
        Table(to, ScorecardTables.Hypothesis(card));
        Table(to, ScorecardTables.Violations(card));

        to.Raw("<h2>Requests over time, by who answered</h2>\n");
        Legend(to, [.. colors.Steps, ("not answered", ScorecardColors.Failed)]);
        Chart(to, () => RequestsChart.Write(to, card, colors));
        to.Add(
            $"<p class=\"quiet\">One bar: the requests asked within {GameDayText.Of(card.SeriesStep)}. "
            + $"Shaded: while an experiment ran.</p>\n");

        to.Raw("<h2>Time to first content</h2>\n");
        Legend(to, [("p50", "p50"), ("p99", "p99")]);
        Chart(to, () => LatencyChart.Write(to, card));
        Table(to, ScorecardTables.Times(card) with { Title = "" });

        Table(to, ScorecardTables.Experiments(card));
        to.Raw("<h2>Calls per endpoint</h2>\n");
        Legend(to, [("calls", "m0"), ("of them hit by an experiment", ScorecardColors.Failed)]);
        Chart(to, () => EndpointsChart.Write(to, card));
        Table(to, ScorecardTables.Steps(card));
        Table(to, ScorecardTables.Phases(card));
        Table(to, ScorecardTables.Terms(card));
        return to.Raw("</body>\n</html>\n").ToString();
    }

    private static void Head(Markup to, Scorecard card)
    {
        to.Add(
            $"<h1>{card.Name}</h1>\n"
            + $"<p class=\"quiet\">{ScorecardText.StartedAt(card)}{(card.Description is null ? "" : $". {card.Description}")}</p>\n")
            .Add(
                $"<p class=\"verdict {(card.Verdict == GameDayVerdict.Held ? "held" : "lost")}\">{ScorecardText.Verdict(card)}</p>\n"
                + $"<p>{ScorecardText.Summary(card)}</p>\n<div class=\"tiles\">\n");
        Tile("answered", GameDayText.Share(card.Requests.AnsweredShare));
        Tile("by a model", card.Requests.Asked == 0 ? "–" : GameDayText.Share((double)card.Requests.ByModel / card.Requests.Asked));
        Tile("first content, p50", GameDayText.Of(card.FirstContent.P50));
        Tile("first content, p95", GameDayText.Of(card.FirstContent.P95));
        Tile("first content, p99", GameDayText.Of(card.FirstContent.P99));
        Tile("residency violations", ScorecardText.N(card.Residency.Count));
        to.Raw("</div>\n");

        void Tile(string what, string value) => to.Add($"<div class=\"tile\"><b>{value}</b><span class=\"quiet\">{what}</span></div>\n");
    }

    private static void Chart(Markup to, Action write)
    {
        to.Raw("<div class=\"wide\">\n");
        write();
        to.Raw("</div>\n");
    }

    private static void Legend(Markup to, IReadOnlyList<(string Name, string Class)> entries)
    {
        to.Raw("<div class=\"legend\">\n");
        foreach (var (name, style) in entries)
        {
            to.Add(
                $"<span><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><circle class=\"{style}\" cx=\"6\" "
                + $"cy=\"6\" r=\"6\"/></svg>{name}</span>\n");
        }

        to.Raw("</div>\n");
    }

    private static void Table(Markup to, ScorecardTable table)
    {
        if (table.Rows.Count == 0)
        {
            return;
        }

        if (table.Title.Length > 0)
        {
            to.Add($"<h2>{table.Title}</h2>\n");
        }

        to.Raw("<div class=\"wide\"><table>\n<tr>");
        foreach (var column in table.Columns)
        {
            to.Add($"<th{Style(column)}>{column.TrimStart('#')}</th>");
        }

        to.Raw("</tr>\n");
        foreach (var row in table.Rows)
        {
            to.Raw("<tr>");
            for (var i = 0; i < row.Length; i++)
            {
                to.Add($"<td{Style(table.Columns[i])}>").Add($"{row[i]}</td>");
            }

            to.Raw("</tr>\n");
        }

        to.Raw("</table></div>\n");
    }

    private static Markup.Part Style(string column) =>
        new(column.StartsWith('#') ? " class=\"n\"" : column == ScorecardTables.When ? " class=\"t\"" : "");
}
