using System.Text.Json;
using System.Xml.Linq;

namespace Resilient.Llm.Chaos.Tests;

public class ScorecardRenderingTests
{
    private const string Hostile = "<script>alert('x')</script> & | `#` [a](b) \"q\" \u0001 *_\\";

    [Fact]
    public void Html_IsOneFileWithoutScriptsAndWithoutAnythingToLoad()
    {
        var html = Cards.Rich().ToHtml();

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http:", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https:", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("//", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        var document = Parse(html);
        Assert.DoesNotContain(document.Descendants().Attributes(), static attribute =>
            attribute.Name.LocalName is "src" or "href" or "srcset" or "data" or "action" or "style" || attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(document.Descendants(), static element => element.Name.LocalName is "link" or "iframe" or "object" or "embed" or "img" or "base" or "use");
    }

    [Fact]
    public void Html_Names_AreTextWhateverIsInThem()
    {
        var document = Parse(Cards.Hostile(Hostile).ToHtml());

        var heading = document.Descendants("h1").Single().Value;
        Assert.Equal(Hostile.Replace('\u0001', ' '), heading);
        Assert.Empty(document.Descendants("script"));
        Assert.Contains(document.Descendants("td"), cell => cell.Value == heading);
        Assert.Contains(document.Descendants("text"), static text => text.Value.StartsWith("<script>", StringComparison.Ordinal));
    }

    [Fact]
    public void Html_RequestsChart_StacksWhatWasCounted()
    {
        var card = Cards.Rich();
        var chart = Chart(card, "Requests over time, by who answered");

        foreach (var (step, style) in new[] { ("smart", "m0"), ("cache", "cache"), ("last-resort", "last") })
        {
            Assert.Equal(card.Series.Count(point => point.Steps.ContainsKey(step)), chart.Descendants("rect").Count(rect => (string?)rect.Attribute("class") == style));
        }

        Assert.Equal(card.Series.Count(static point => point.Failed > 0), chart.Descendants("rect").Count(static rect => (string?)rect.Attribute("class") == "failed"));

        // The parts of a bar stand on each other, and twice as many requests are twice as high.
        var bar = chart.Elements("g").Single(static g => g.Element("title")!.Value.StartsWith("2 s:", StringComparison.Ordinal)).Elements("rect").ToArray();
        Assert.Equal(["m0", "m1", "cache", "last", "failed"], bar.Select(static rect => (string)rect.Attribute("class")!));
        for (var i = 1; i < bar.Length; i++)
        {
            Assert.Equal(Number(bar[i - 1], "y"), Number(bar[i], "y") + Number(bar[i], "height"), 0.11);
        }

        Assert.Equal(2 * Number(bar[1], "height"), Number(bar[0], "height"), 0.3);
    }

    [Fact]
    public void Html_Experiments_AreBandsWithinTheChart()
    {
        var card = Cards.Rich();

        var bands = Chart(card, "Requests over time, by who answered").Elements("g").Where(static g => (string?)g.Attribute("class") == "band").ToArray();

        Assert.Equal(["1: east is down", "2: a name so long that it does not fit above its band"], bands.Select(static band => band.Element("title")!.Value));

        // A tenth of ten seconds is a tenth of the plot's 892 pixels; those that overlap have flags above each other.
        var rects = bands.Select(static band => band.Elements("rect").ToArray()).ToArray();
        Assert.Equal(56 + 178.4, Number(rects[0][0], "x"), 0.1);
        Assert.Equal(2 * 178.4, Number(rects[0][0], "width"), 0.1);
        Assert.NotEqual(Number(rects[0][1], "y"), Number(rects[1][1], "y"));
    }

    [Fact]
    public void Html_LatencyChart_BreaksWhereNothingWasMeasured()
    {
        var chart = Chart(Cards.Rich(), "Time to first content over time, p50 and p99");

        // Nothing was answered in the sixth second: two lines for each percentile.
        Assert.Equal(2, chart.Descendants("polyline").Count(static line => (string?)line.Attribute("class") == "p50"));
        Assert.Equal(9, chart.Descendants("circle").Count(static circle => (string?)circle.Attribute("class") == "p50"));
        Assert.Contains(chart.Descendants("text"), static text => text.Value == "10 ms");
        Assert.Contains(chart.Descendants("text"), static text => text.Value == "10 s");
    }

    [Fact]
    public void Html_NothingHappened_IsStillAPage()
    {
        var document = Parse(Cards.Empty().ToHtml());

        Assert.Equal("Empty", document.Descendants("h1").Single().Value);
        Assert.DoesNotContain("NaN", document.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", document.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_Tables_HaveAsManyCellsAsColumns()
    {
        var lines = Cards.Rich().ToMarkdown().Split('\n');

        Assert.Equal("# A rich day", lines[0]);
        Assert.Contains("**The hypothesis did not hold.** 90 requests in 10 s", lines[2], StringComparison.Ordinal);
        Assert.Contains("Residency violations: 3.", lines[2], StringComparison.Ordinal);
        Assert.Contains("| smart | 40 | 44.44 % |", lines);
        Assert.Contains("| 1 | east is down | ConnectionRefused; east | 2 s – 6 s | 12 | 300 ms (circuit opened) | 1.5 s | −48 calls (12, usual 60); peak 9/s, usual 15/s |", lines);
        foreach (var table in lines.Aggregate(new List<List<string>> { new() }, static (tables, line) =>
            {
                if (line.StartsWith('|'))
                {
                    tables[^1].Add(line);
                }
                else
                {
                    tables.Add([]);
                }

                return tables;
            }).Where(static table => table.Count > 0))
        {
            Assert.All(table, line => Assert.Equal(Cells(table[0]), Cells(line)));
        }
    }

    [Fact]
    public void Terms_ExplainWhatTheScorecardHolds()
    {
        string[] experiments = ["calls hit", "time to detect", "time to recover", "extra load"];

        foreach (var term in (string[])["answered", "first content", "p50, p95, p99", "residency violations", .. experiments])
        {
            Assert.Contains($"| {term} | ", Cards.Rich().ToMarkdown(), StringComparison.Ordinal);
            Assert.Contains($"<td>{term}</td>", Cards.Rich().ToHtml(), StringComparison.Ordinal);
        }

        Assert.All(experiments, static term => Assert.DoesNotContain($"| {term} | ", Cards.Empty().ToMarkdown(), StringComparison.Ordinal));
    }

    [Fact]
    public void Markdown_Names_BreakNoTable()
    {
        var markdown = Cards.Hostile(Hostile).ToMarkdown();

        Assert.DoesNotContain("<script", markdown, StringComparison.Ordinal);
        Assert.StartsWith("# &lt;script&gt;alert('x')&lt;/script&gt; &amp; \\| \\`\\#\\` \\[a\\](b) \"q\"   \\*\\_\\\\\n", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_ComesBackTheSame()
    {
        var card = Cards.Rich();

        var back = Scorecard.FromJson(card.ToJson());

        Assert.Equal(card.ToJson(), back.ToJson());
        Assert.Equal(card.ToHtml(), back.ToHtml());
        Assert.Contains("\"verdict\": \"NotHeld\"", card.ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"exitCode\": 1", card.ToJson(), StringComparison.Ordinal);
    }

    /// <summary>What is no scorecard is refused when it is read, not when it is shown.</summary>
    [Theory]
    [InlineData("\"checks\": [", "\"checks\": null, \"ignored\": [")]
    [InlineData("\"name\": ", "\"noName\": ")]
    [InlineData("\"verdict\": \"NotHeld\"", "\"verdict\": \"Perhaps\"")]
    [InlineData("{", "[")]
    public void Json_OfNoScorecard_IsRefused(string old, string with)
    {
        var json = Cards.Rich().ToJson();
        var at = json.IndexOf(old, StringComparison.Ordinal);

        Assert.Throws<JsonException>(() => Scorecard.FromJson(string.Concat(json.AsSpan(0, at), with, json.AsSpan(at + old.Length))));
    }

    [Theory]
    [InlineData(GameDayVerdict.Held, 0)]
    [InlineData(GameDayVerdict.NotHeld, 1)]
    [InlineData(GameDayVerdict.Aborted, 3)]
    public void ExitCode_FollowsTheVerdict(GameDayVerdict verdict, int exitCode) => Assert.Equal(exitCode, (Cards.Rich() with { Verdict = verdict }).ExitCode);

    private static int Cells(string line) => line.Replace("\\|", "", StringComparison.Ordinal).Count(static character => character == '|');

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, System.Globalization.CultureInfo.InvariantCulture);

    private static XElement Chart(Scorecard card, string title) => Parse(card.ToHtml()).Descendants("svg").Single(svg => (string?)svg.Attribute("aria-label") == title);

    /// <summary>The page as XML: what is written closes every element but the meta ones.</summary>
    private static XDocument Parse(string html) =>
        XDocument.Parse(System.Text.RegularExpressions.Regex.Replace(html["<!DOCTYPE html>".Length..], "<meta ([^>]*)>", "<meta $1/>"));
}
