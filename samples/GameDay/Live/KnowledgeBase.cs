using Resilient.Llm;

namespace GameDay.Live;

/// <summary>In place of a vector database: a few articles, found by their words, a short way off.</summary>
internal sealed class KnowledgeBase : ISearchSource
{
    private static readonly (string Title, string Text)[] s_articles =
    [
        ("Passwords", "Choose 'Forgot password' on the sign-in page to reset your password; a link comes by mail."),
        ("Invoices", "Find your invoices under Settings, Billing. Each month has a PDF."),
        ("Accounts", "Close your account under Settings, Account. You can export your data there first."),
        ("Sign-in", "Turn on two-factor sign-in under Settings, Security."),
        ("Plans", "The premium plan costs 20 a month and colleague; invite a colleague under Settings, Team."),
    ];

    private static readonly TimeSpan s_distance = TimeSpan.FromMilliseconds(10);

    public string? Geography => "EU";

    public async Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
    {
        await Task.Delay(s_distance, cancellationToken);
        var words = query.Split([' ', '?', '(', ')'], StringSplitOptions.RemoveEmptyEntries).Where(static word => word.Length > 3).ToArray();
        return
        [
            .. s_articles
                .Select(article => new SearchResult(article.Title, article.Text, Score: words.Count(word => article.Text.Contains(word, StringComparison.OrdinalIgnoreCase))))
                .Where(static result => result.Score > 0)
                .OrderByDescending(static result => result.Score)
                .Take(maxResults),
        ];
    }
}
