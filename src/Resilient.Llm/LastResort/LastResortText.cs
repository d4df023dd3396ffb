namespace Resilient.Llm;

/// <summary>The sentences of the last resort, to be put into your own words or language.</summary>
/// <remarks>
/// In every template <c>{query}</c> stands for what the user asked: on one line, at most 80 characters, without control characters and markup.
/// Not thread-safe: set it up before the client is built, or hand out one finished instance per language.
/// </remarks>
public sealed class LastResortText
{
    /// <summary>What <c>{query}</c> is written as in templates.</summary>
    internal const string Query = "{query}";

    /// <summary>The line above the search results.</summary>
    /// <value>
    /// Default: "I couldn't process your request intelligently right now, but here are the top search results for '{query}':". Not blank.
    /// </value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string ResultsFound { get; set => field = NotBlank(value, nameof(ResultsFound)); } =
        "I couldn't process your request intelligently right now, but here are the top search results for '{query}':";

    /// <summary>The answer when the search was made and found nothing.</summary>
    /// <value>
    /// Default: "I couldn't process your request intelligently right now, and a search for '{query}' found nothing. Please try again later." Not
    /// blank.
    /// </value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string NothingFound { get; set => field = NotBlank(value, nameof(NothingFound)); } =
        "I couldn't process your request intelligently right now, and a search for '{query}' found nothing. Please try again later.";

    /// <summary>The answer when there is no question or no search to make, or when every search failed.</summary>
    /// <value>Default: "I couldn't process your request right now. Please try again later." Not blank.</value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string Apology { get; set => field = NotBlank(value, nameof(Apology)); } =
        "I couldn't process your request right now. Please try again later.";

    /// <summary>Writes one search result; its number counts from 1. A writer that throws is replaced by the default.</summary>
    /// <value>Default: null, a numbered list in Markdown with title, snippet and address, which also reads well as plain text.</value>
    public Func<SearchResult, int, string>? FormatResult { get; set; }

    private static string NotBlank(string value, string name) =>
        !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException($"LastResortText.{name} must not be blank: it is what the user reads when nothing else is left. Leave it unset for the default.", nameof(value));
}
