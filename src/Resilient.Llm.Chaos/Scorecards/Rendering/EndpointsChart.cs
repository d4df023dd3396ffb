namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>A bar for the calls of each endpoint, with the part that experiments affected.</summary>
internal static class EndpointsChart
{
    private const double Width = 960;
    private const double Left = 230;
    private const double Right = 190;
    private const double Row = 30;

    public static void Write(Markup to, Scorecard card)
    {
        var most = Math.Max(1, card.Endpoints.Select(static endpoint => endpoint.Calls).DefaultIfEmpty().Max());
        to.Add(
            $"<svg class=\"chart\" viewBox=\"0 0 {Width} {(Row * card.Endpoints.Count) + 8}\" role=\"img\" "
            + $"aria-label=\"Calls per endpoint\">\n");
        for (var i = 0; i < card.Endpoints.Count; i++)
        {
            var endpoint = card.Endpoints[i];
            var (y, length) = ((i * Row) + 6, Length(endpoint.Calls));
            to.Add($"<text class=\"name\" x=\"{Left - 10}\" y=\"{y + 15}\" text-anchor=\"end\">")
                .Add($"{ScorecardText.Short(endpoint.Name, 32)}<title>{endpoint.Name}</title></text>")
                .Add($"<rect class=\"m0\" x=\"{Left}\" y=\"{y}\" width=\"{length}\" height=\"{Row - 9}\"/>")
                .Add($"<rect class=\"failed\" x=\"{Left}\" y=\"{y}\" width=\"{Length(endpoint.Injected)}\" height=\"{Row - 9}\"/>")
                .Add($"<text class=\"axis\" x=\"{Left + length + 8}\" y=\"{y + 15}\">{ScorecardText.N(endpoint.Calls)} calls")
                .Add($"{(endpoint.Injected > 0 ? $", {ScorecardText.N(endpoint.Injected)} hit" : "")}</text>\n");
        }

        to.Raw("</svg>\n");

        double Length(int calls) => (Width - Left - Right) * calls / most;
    }
}
