using System.Globalization;

namespace Resilient.Llm.Tests;

/// <summary>What a model says that is asked to continue a text whose rest is known, for each kind of continuation.</summary>
internal static class SeamContinuations
{
    private static readonly string[] s_preambles =
    [
        "Sure, here is the rest: ", "Sure! Here's the continuation:\n\n", "Certainly! Continuing from where it was cut off: ", "Continuing from where I left off:\n\n",
        "I apologize for the interruption. ", "Of course. Here is the rest of the answer:\n", "Here is the remainder of my response:\n\n", "Sorry about that! ",
        "Picking up where we left off: ", "Okay, I'll continue: ", "Natürlich, hier ist der Rest:\n\n", "Bien sûr, voici la suite : ",
    ];

    private static readonly string[] s_refusals =
    [
        "I'm sorry, but I can't", "I'm sorry, but I can't help with that.", "I\u2019m sorry, but I can\u2019t assist with that request.", "I cannot continue this text.", "I can't continue that answer.",
        "Sorry, I can't provide that.", "I'm unable to help with this.", "Unfortunately, I cannot assist with that.", "As an AI, I can't continue another model's answer.",
        "I apologize, but I can't continue with this.", "I won't be able to help with that.", "Leider kann ich dabei nicht helfen.", "Désolé, mais je ne peux pas vous aider.", "对不起，我不能继续。",
    ];

    public static string Of(SeamKind kind, string text, int cut, Random random)
    {
        var rest = text[cut..];
        return kind switch
        {
            SeamKind.Exact => rest,
            SeamKind.RestartFromTheTop => text,
            SeamKind.RestartOfTheSentence => text[SentenceStart(text, cut)..],
            SeamKind.LastWordsAgain => text[WordsBack(text, cut, random.Next(1, 5))..],
            SeamKind.LastCharactersAgain => text[Math.Max(0, cut - random.Next(2, 13))..],
            SeamKind.Preamble => s_preambles[random.Next(s_preambles.Length)] + text[WordsBack(text, cut, random.Next(0, 3))..].TrimStart(),
            SeamKind.Refusal => s_refusals[random.Next(s_refusals.Length)],
            SeamKind.SpacesAndCase => Varied(text, cut, random),
            SeamKind.HeldOut => HeldOutContinuations.Of(text, cut, random),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static string Varied(string text, int cut, Random random)
    {
        var rest = text[cut..];
        var words = text[WordsBack(text, cut, random.Next(1, 5))..].TrimStart();
        return random.Next(4) switch
        {
            // As chat models do: no white space first.
            0 => rest.TrimStart(' '),

            // White space where there is some already, or more of it.
            1 => cut == 0 || char.IsWhiteSpace(text[cut - 1]) || (rest.Length > 0 && char.IsWhiteSpace(rest[0])) ? (random.Next(2) == 0 ? " " : "\n") + rest : rest,

            // The words repeated, with a capital, or with other white space between them.
            2 => words.Length == 0 ? words : char.ToUpper(words[0], CultureInfo.InvariantCulture) + words[1..],
            _ => "\n\n" + words,
        };
    }

    private static int WordsBack(string text, int cut, int words)
    {
        for (; words > 0 && cut > 0; words--)
        {
            while (cut > 0 && char.IsWhiteSpace(text[cut - 1]))
            {
                cut--;
            }

            // A text without spaces is repeated by its characters.
            for (var length = 0; cut > 0 && !char.IsWhiteSpace(text[cut - 1]) && !(text[cut - 1] >= '\u2E80' && ++length > 2);)
            {
                cut--;
            }
        }

        return cut;
    }

    private static int SentenceStart(string text, int cut)
    {
        while (cut > 0 && !(char.IsWhiteSpace(text[cut - 1]) && cut > 1 && text[cut - 2] is '.' or '!' or '?' or '\n') && !(text[cut - 1] is '。' or '！' or '？'))
        {
            cut--;
        }

        return cut;
    }
}
