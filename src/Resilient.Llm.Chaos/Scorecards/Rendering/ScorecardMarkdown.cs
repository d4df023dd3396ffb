using System.Text;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Renders a scorecard as Markdown.</summary>
internal static class ScorecardMarkdown
{
    public static string Write(Scorecard card)
    {
        var text = new StringBuilder();
        Line($"# {Escape(card.Name)}");
        Line(
            $"**{Escape(ScorecardText.Verdict(card))}.** {Escape(ScorecardText.Summary(card))} "
            + $"Residency violations: {ScorecardText.N(card.Residency.Count)}.");
        Line($"{ScorecardText.StartedAt(card)}{(card.Description is null ? "" : $". {Escape(card.Description)}")}");
        foreach (var table in new[]
        {
            ScorecardTables.Hypothesis(card), ScorecardTables.Experiments(card), ScorecardTables.Steps(card), ScorecardTables.Times(card),
            ScorecardTables.Endpoints(card), ScorecardTables.Phases(card), ScorecardTables.Violations(card), ScorecardTables.Terms(card),
        }.Where(static table => table.Rows.Count > 0))
        {
            Line($"## {table.Title}");
            Row(table.Columns.Select(static column => column.TrimStart('#')));
            Row(table.Columns.Select(static column => column.StartsWith('#') ? "---:" : "---"));
            foreach (var row in table.Rows)
            {
                Row(row.Select(Escape));
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";

        void Line(string line) => text.Append(line).Append("\n\n");
        void Row(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
    }

    /// <summary>Escapes a name, so that it cannot form a table, HTML, emphasis or a link.</summary>
    private static string Escape(string text) => string.Concat(text.Select(static character => character switch
    {
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '\\' or '|' or '`' or '*' or '_' or '[' or ']' or '#' => $"\\{character}",
        _ when char.IsControl(character) => " ",
        _ => character.ToString(),
    }));
}
