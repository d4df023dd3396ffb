using System.Text.RegularExpressions;
using Resilient.Llm.LastResort;

namespace Resilient.Llm;

/// <summary>Configures the answers of the last resort: rules first, then stored questions and searches, then an apology.</summary>
/// <remarks>
/// Without any call it apologises. Rules are asked in the order in which they are added, until one answers. Rules, stored questions and the
/// apology run in this process and send nothing anywhere, so no data residency forbids them. Not thread-safe; the built client is.
/// </remarks>
public sealed class LastResortBuilder
{
    private static readonly LastResortText _defaultText = new();

    private readonly List<LastResortRule> _rules = [];
    private readonly List<(string Question, string Answer)> _faq = [];
    private readonly List<Func<IServiceProvider?, LastResortSource>> _sources = [];
    private LastResortText? _text;
    private int _rulesInCode;
    private Func<LastResortContext, LastResortText>? _chooseText;
    private Action<string, Exception>? _onError;

    internal LastResortBuilder()
    {
    }

    /// <summary>Gets or sets the most search results in an answer. Each search is asked for as many.</summary>
    /// <value>Default: 3. Range: 1 to 20.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxResults
    {
        get;
        set => field = value is >= 1 and <= 20
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "LastResortBuilder.MaxResults must be between 1 and 20.");
    } = 3;

    /// <summary>Gets or sets the longest time of all rules together. A late rule is abandoned; synchronous rules are still asked.</summary>
    /// <value>Default: 1 s, and never more than half of the time left for the answer. Range: above zero to an hour.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RuleTimeout { get; set => field = InRange(value, nameof(RuleTimeout)); } = TimeSpan.FromSeconds(1);

    /// <summary>Gets or sets the longest time of all searches together, which run concurrently. A late one is abandoned.</summary>
    /// <value>Default: 2 s, and never more than the time left for the answer. Range: above zero to an hour.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan SearchTimeout { get; set => field = InRange(value, nameof(SearchTimeout)); } = TimeSpan.FromSeconds(2);

    /// <summary>Answers questions that contain a word or phrase: whole words, case-insensitive.</summary>
    /// <param name="keyword">For example "opening hours". Not blank.</param>
    /// <param name="answer">The answer. Not blank.</param>
    /// <exception cref="ArgumentException">An argument is blank.</exception>
    public LastResortBuilder AddRule(string keyword, string answer) => AddRule([keyword], answer);

    /// <summary>Answers questions that contain any of several words or phrases: whole words, case-insensitive.</summary>
    /// <param name="keywords">For example "opening hours" and "open on sunday". At least one, none blank.</param>
    /// <param name="answer">The answer. Not blank.</param>
    /// <exception cref="ArgumentException">No keyword was given, or an argument is blank.</exception>
    public LastResortBuilder AddRule(IEnumerable<string> keywords, string answer)
    {
        ArgumentNullException.ThrowIfNull(keywords);
        ArgumentException.ThrowIfNullOrWhiteSpace(answer);
        var words = keywords.Select(static k => OneLine.Of(k)).ToArray();
        if (words.Length == 0 || words.Contains(string.Empty))
        {
            throw new ArgumentException(
                "LastResortBuilder.AddRule needs at least one keyword and none of them blank: a blank one would answer every question.",
                nameof(keywords));
        }

        return Add(LastResortRules.ForKeywords(words, answer));
    }

    /// <summary>Answers questions that a pattern matches.</summary>
    /// <param name="pattern">
    /// A question is untrusted text, so a match may take 100 ms at most; then the rule has no answer. A pattern with a longer or infinite
    /// <see cref="Regex.MatchTimeout"/> is copied with that limit; <see cref="RegexOptions.NonBacktracking"/> never needs it.
    /// </param>
    /// <param name="answer">The answer. Not blank.</param>
    /// <exception cref="ArgumentException"><paramref name="answer"/> is blank.</exception>
    public LastResortBuilder AddRule(Regex pattern, string answer)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(answer);
        ArgumentNullException.ThrowIfNull(pattern);
        return Add(LastResortRules.ForPattern(pattern, _ => answer));
    }

    /// <summary>Answers questions that a pattern matches, from the match.</summary>
    /// <param name="pattern">As in <see cref="AddRule(Regex, string)"/>.</param>
    /// <param name="answer">Returns the answer, or null when the match does not apply.</param>
    public LastResortBuilder AddRule(Regex pattern, Func<Match, string?> answer)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(answer);
        _rulesInCode++;
        return Add(LastResortRules.ForPattern(pattern, answer));
    }

    /// <summary>Answers by code.</summary>
    /// <param name="rule">
    /// Returns the answer, or null when the question does not apply; an exception counts as null. It must not block: only a rule that
    /// awaits can be abandoned.
    /// </param>
    public LastResortBuilder AddRule(Func<LastResortContext, string?> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rulesInCode++;
        return Add((context, _) => new(rule(context)));
    }

    /// <summary>Answers by asynchronous code.</summary>
    /// <param name="rule">
    /// Returns the answer, or null when the question does not apply; an exception counts as null. After <see cref="RuleTimeout"/> its token
    /// is cancelled and it is abandoned.
    /// </param>
    public LastResortBuilder AddRule(Func<LastResortContext, CancellationToken, ValueTask<string?>> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        _rulesInCode++;
        return Add(new(rule));
    }

    /// <summary>Stores one question with its answer. See <see cref="AddFaq(IEnumerable{ValueTuple{string, string}})"/>.</summary>
    /// <param name="question">Not blank.</param>
    /// <param name="answer">Not blank.</param>
    /// <exception cref="ArgumentException">An argument is blank.</exception>
    public LastResortBuilder AddFaq(string question, string answer) => AddFaq([(question, answer)]);

    /// <summary>Stores questions with their answers, for questions in about the same words that no rule answers.</summary>
    /// <remarks>Other questions search them, ranked by BM25 (Robertson and Zaragoza, 2009), together with the other searches.</remarks>
    /// <param name="pairs">Questions and answers, none blank. Kept in memory and scanned for every question: meant for hundreds.</param>
    /// <exception cref="ArgumentException">A question or an answer is blank.</exception>
    public LastResortBuilder AddFaq(IEnumerable<(string Question, string Answer)> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        foreach (var (question, answer) in pairs)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(question, nameof(pairs));
            ArgumentException.ThrowIfNullOrWhiteSpace(answer, nameof(pairs));
            _faq.Add((question, answer));
        }

        return this;
    }

    /// <summary>Adds a search. All searches run concurrently, and their results are merged by rank.</summary>
    /// <param name="source">The search. The caller disposes it.</param>
    public LastResortBuilder AddSearch(ISearchSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var shared = new LastResortSource(source, IsOwned: false);
        _sources.Add(_ => shared);
        return this;
    }

    /// <summary>Adds a search that is created when the client is built.</summary>
    /// <param name="factory">
    /// Receives the services of the client, or an empty provider. Its result is disposed with the client if it is
    /// <see cref="IDisposable"/>.
    /// </param>
    public LastResortBuilder AddSearch(Func<IServiceProvider, ISearchSource> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        _sources.Add(services => new(
            factory(services ?? NoServices.Instance)
                ?? throw new InvalidOperationException(
                    "A factory given to LastResortBuilder.AddSearch returned null. Return a search, or do not add it."),
            IsOwned: true));
        return this;
    }

    /// <summary>Changes the sentences of the last resort.</summary>
    /// <param name="configure">Invoked at once.</param>
    public LastResortBuilder WithText(Action<LastResortText> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_text ??= new());
        return this;
    }

    /// <summary>Chooses the sentences per request, for example by language. An exception or null selects the default text.</summary>
    /// <param name="choose">Returns one of several finished texts. Replaces <see cref="WithText"/>.</param>
    public LastResortBuilder ChooseText(Func<LastResortContext, LastResortText> choose)
    {
        ArgumentNullException.ThrowIfNull(choose);
        _chooseText = choose;
        return this;
    }

    /// <summary>Adds a handler for failed and late rules and searches: the only sign, since the answer continues without them.</summary>
    /// <param name="handler">
    /// Receives "rule 2" or "search SqliteSearchSource", and the exception: a <see cref="TimeoutException"/> when it was late. Messages of
    /// foreign exceptions may contain the user's question: take care what you log. Invoked on the request's path, also concurrently; its
    /// exceptions are ignored.
    /// </param>
    public LastResortBuilder OnError(Action<string, Exception> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        _onError += handler;
        return this;
    }

    /// <param name="services">Passed to the factories of searches.</param>
    /// <param name="localGeography">Where the application runs.</param>
    /// <param name="onError">Invoked first, before the application's handlers.</param>
    internal LastResortSettings Build(IServiceProvider? services, string? localGeography, Action<string, Exception>? onError = null)
    {
        var text = _text ?? _defaultText;
        return new(
            [.. _rules],
            new(_faq),
            MakeSources(services),
            _chooseText ?? (_ => text),
            onError + _onError,
            MaxResults,
            RuleTimeout,
            SearchTimeout,
            localGeography,
            _rulesInCode);
    }

    private List<LastResortSource> MakeSources(IServiceProvider? services)
    {
        var made = new List<LastResortSource>(_sources.Count);
        try
        {
            foreach (var make in _sources)
            {
                made.Add(make(services));
            }

            return made;
        }
        catch
        {
            // Otherwise the searches already created would never be disposed.
            foreach (var source in made.Where(static source => source.IsOwned))
            {
                (source.Search as IDisposable)?.Dispose();
            }

            throw;
        }
    }

    private LastResortBuilder Add(LastResortRule rule)
    {
        _rules.Add(rule);
        return this;
    }

    private static TimeSpan InRange(TimeSpan value, string name) =>
        value > TimeSpan.Zero && value <= TimeSpan.FromHours(1)
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, $"LastResortBuilder.{name} must be above zero and at most an hour.");

    private sealed class NoServices : IServiceProvider
    {
        public static NoServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}
