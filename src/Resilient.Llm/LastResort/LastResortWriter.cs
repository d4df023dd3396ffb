using System.Text;
using Resilient.Llm.Failures;

namespace Resilient.Llm.LastResort;

/// <summary>Combines the sentences, the question and the search results.</summary>
internal static class LastResortWriter
{
    private const int MaxPhrase = 80;
    private const int MaxTitle = 120;
    private const int MaxSnippet = 300;

    private static readonly string[] _scripts = ["javascript:", "vbscript:", "data:"];
    private static readonly LastResortText _default = new();

    public static string Apology(LastResortText text, LastResortContext context) => Fill(text.Apology, context);

    public static string NothingFound(LastResortText text, LastResortContext context) => Fill(text.NothingFound, context);

    public static string Results(LastResortText text, LastResortContext context, IReadOnlyList<SearchResult> results)
    {
        var answer = new StringBuilder(Fill(text.ResultsFound, context)).Append("\n\n");
        for (var i = 0; i < results.Count; i++)
        {
            answer.Append(i == 0 ? "" : "\n").Append(Format(text, results[i], i + 1));
        }

        return answer.ToString();
    }

    /// <summary>The text for this request; the default one where the application's choice fails.</summary>
    public static LastResortText Choose(Func<LastResortContext, LastResortText> choose, LastResortContext context) =>
        ForeignCode.Try(context, choose) ?? _default;

    /// <summary>The question, fit to be quoted. Its own surrounding quotes are removed.</summary>
    private static string Phrase(LastResortContext context) =>
        OneLine.Of(context.Question, MaxPhrase, dropMarkup: true)
            .Trim(' ', '\'', '"', '‘', '’', '“', '”', '«', '»') is { Length: > 0 } phrase
                ? phrase
                : "…";

    private static string Fill(string template, LastResortContext context) =>
        template.Contains(LastResortText.Query, StringComparison.Ordinal)
            ? template.Replace(LastResortText.Query, Phrase(context), StringComparison.Ordinal)
            : template;

    private static string Format(LastResortText text, SearchResult result, int number)
    {
        // Where the application's format throws, the default one shows the same result.
        if (ForeignCode.Try(number, n => text.FormatResult?.Invoke(result, n)) is { } formatted)
        {
            return formatted;
        }

        var line = new StringBuilder().Append(number).Append(". ").Append(OneLine.Of(result.Title, MaxTitle));
        if (OneLine.Of(result.Snippet, MaxSnippet) is { Length: > 0 } snippet)
        {
            line.Append("\n   ").Append(snippet);
        }

        if (result.Uri is { } uri && OneLine.Of(uri.OriginalString) is var address && !IsScript(address))
        {
            line.Append("\n   ").Append(address);
        }

        return line.ToString();
    }

    /// <summary>Whether a user interface would run code if it turned the address into a link. Such an address is not shown.</summary>
    /// <remarks>Read as displayed: with its invisible characters, "java(zero width)script:" is no scheme of <see cref="Uri"/>.</remarks>
    private static bool IsScript(string address) =>
        _scripts.Any(scheme => address.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
}
