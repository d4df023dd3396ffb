namespace Resilient.Llm.Continuation;

/// <summary>What models say in place of a continuation, for <see cref="RestartDetector"/>: in lower case, without punctuation.</summary>
/// <remarks>English, with the commonest of German, French, Spanish, Italian, Portuguese, Chinese and Japanese.</remarks>
internal static class OpeningPhrases
{
    private static readonly string[] s_cannot =
    [
        "i can't", "i cannot", "i can not", "i'm unable", "i am unable", "i'm not able", "i am not able", "i won't", "i will not",
        "i couldn't",
    ];

    private static readonly string[] s_regrets =
    [
        "i'm sorry but ", "i am sorry but ", "i'm sorry ", "i am sorry ", "sorry but ", "sorry ", "i'm really sorry but ",
        "i apologize but ", "i apologise but ", "my apologies but ",
    ];

    /// <summary>Optional, before an opening.</summary>
    public static string[] Consents { get; } = Sorted(
    [
        "sure", "sure thing", "of course", "certainly", "absolutely", "understood", "okay", "ok", "got it", "no problem", "my apologies",
        "apologies", "sorry", "i'm sorry", "natürlich", "gerne", "klar", "selbstverständlich", "bien sûr", "certainement", "d'accord",
    ]);

    /// <summary>Nothing that begins so continues an answer.</summary>
    public static string[] Openings { get; } = Sorted([.. Announcements(), .. Refusals()]);

    /// <summary>After a consent less is enough: without one, "Here is the rest" may be part of the answer.</summary>
    public static string[] AfterConsent { get; } = Sorted(
    [
        .. Openings, "here is the rest", "here's the rest", "here is the remainder", "here's the remainder", "continuing",
        "i'll continue",
        "i will continue", "let me continue", "hier ist der rest", "hier geht es weiter", "ich mache weiter", "weiter geht",
        "voici le reste",
    ]);

    private static IEnumerable<string> Announcements() =>
    [
        .. Join(
            ["here is the ", "here's the ", "below is the "],
            ["continuation", "continued answer", "continued response", "complete answer", "complete response", "full answer",
             "full response", "rest of the answer",
             "rest of my answer", "rest of your answer", "rest of the response", "rest of my response", "remainder of the answer",
             "remainder of my answer", "remainder of the response",
             "remainder of my response"]),
        .. Join(
            ["continuing", "resuming", "picking up", "carrying on", "i'll continue", "i will continue", "let me continue",
             "i'll pick up", "let me pick up"],
            [" from where", " right where", " exactly where", " where i left", " where we left", " where it left", " where it stopped",
             " where it was cut", " my answer",
             " my response", " my previous", " the answer", " the response"]),
        .. Join(
            ["i apologize", "i apologise", "apologies", "my apologies", "sorry", "i'm sorry", "i am sorry"],
            [" for the interruption", " for the cutoff", " for the cut off", " for the technical failure", " for the technical issue",
             " for the technical difficulties",
             " for the disruption", " about that"]),
        "hier ist die fortsetzung", "hier ist der rest der antwort", "entschuldigung für die unterbrechung", "voici la suite",
        "désolé pour l'interruption",
    ];

    private static IEnumerable<string> Refusals() =>
    [
        .. Join(s_regrets, s_cannot),
        .. Join(
            ["", "unfortunately ", "i'm afraid "],
            Join(
                s_cannot.Concat(["i won't be able", "i will not be able"]),
                Join(
                    [" ", " to "],
                    ["continue", "complete this", "complete that", "complete the", "help with", "help you with", "assist", "fulfill",
                     "fulfil this", "fulfil that", "comply",
                     "provide that", "provide this", "do that", "answer that", "answer this", "discuss this", "discuss that",
                     "generate this", "generate that", "engage in",
                     "finish this", "finish that", "finish the"]))),
        .. Join(["i must ", "i have to "], ["decline", "refuse"]),
        "as an ai", "as a language model", "as a large language model", "as an artificial intelligence",
        .. Join(["es tut mir leid ", "tut mir leid ", "entschuldigung "], ["aber ich kann", "aber das kann", "aber dabei kann",
            "ich kann", "das kann"]),
        .. Join(["leider kann ich "], ["dabei", "das nicht", "dir nicht", "dir dabei", "ihnen nicht", "ihnen dabei", "diese", "nicht"]),
        "ich kann dabei nicht helfen", "ich kann dir dabei nicht", "ich kann ihnen dabei nicht",
        .. Join(["je suis désolé ", "je suis désolée ", "désolé ", "désolée ", "je regrette "], ["mais je", "je ne peux",
            "mais il m'est"]),
        .. Join(["je ne peux pas "], ["vous aider", "t'aider", "continuer cette", "continuer ce", "répondre à cette", "fournir"]),
        .. Join(["lo siento ", "mi dispiace ", "sinto muito ", "desculpe "], ["pero no puedo", "no puedo", "ma non posso", "non posso",
            "mas não posso", "não posso"]),
        .. Join(["对不起 ", "抱歉 ", "很抱歉 ", "非常抱歉 ", "对不起", "抱歉", "很抱歉"], ["我不能", "我无法", "我没有办法", "但我"]),
        .. Join(["申し訳ありませんが ", "申し訳ございませんが ", "すみませんが ", "申し訳ありませんが", "申し訳ございませんが", "すみませんが"], ["その", "この", "お手伝い", "お答え", "続け"]),
    ];

    private static IEnumerable<string> Join(IEnumerable<string> beginnings, IEnumerable<string> ends) =>
        beginnings.SelectMany(_ => ends, static (beginning, end) => beginning + end);

    private static string[] Sorted(IEnumerable<string> phrases) => [.. phrases.Distinct().Order(StringComparer.Ordinal)];
}
