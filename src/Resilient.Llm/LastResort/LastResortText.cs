namespace Resilient.Llm;

/// <summary>The sentences of the last resort, for your own words or language.</summary>
/// <remarks>
/// In every template <c>{query}</c> stands for the user's question: one line, at most 80 characters, without control characters and markup.
/// Not thread-safe: set it up before the client is built, or use one finished instance per language.
/// </remarks>
public sealed class LastResortText
{
    /// <summary>The placeholder in templates.</summary>
    internal const string Query = "{query}";

    /// <summary>Gets or sets the line above the search results.</summary>
    /// <value>
    /// Default: "I couldn't process your request intelligently right now, but here are the top search results for '{query}':". Not blank.
    /// </value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string ResultsFound { get; set => field = NotBlank(value, nameof(ResultsFound)); } =
        "I couldn't process your request intelligently right now, but here are the top search results for '{query}':";

    /// <summary>Gets or sets the answer when the search found nothing.</summary>
    /// <value>
    /// Default: "I couldn't process your request intelligently right now, and a search for '{query}' found nothing. Please try again
    /// later." Not blank.
    /// </value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string NothingFound { get; set => field = NotBlank(value, nameof(NothingFound)); } =
        "I couldn't process your request intelligently right now, and a search for '{query}' found nothing. Please try again later.";

    /// <summary>Gets or sets the answer without a question or a search, or when every search failed.</summary>
    /// <value>Default: "I couldn't process your request right now. Please try again later." Not blank.</value>
    /// <exception cref="ArgumentException">The value is blank.</exception>
    public string Apology { get; set => field = NotBlank(value, nameof(Apology)); } =
        "I couldn't process your request right now. Please try again later.";

    /// <summary>Gets or sets the writer of one search result, with its number from 1. If it throws, the default is used.</summary>
    /// <value>Default: null, a numbered list in Markdown with title, snippet and address, which also reads well as plain text.</value>
    public Func<SearchResult, int, string>? FormatResult { get; set; }

    private static string NotBlank(string value, string name) =>
        !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException(
                $"LastResortText.{name} must not be blank: it is what the user reads when nothing else is left. "
                + "Leave it unset for the default.",
                nameof(value));
}
