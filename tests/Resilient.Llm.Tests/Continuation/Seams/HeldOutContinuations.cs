using System.Globalization;

namespace Resilient.Llm.Tests;

/// <summary>A generator of continuations that the rules of the seam were not tuned on. It was written before them, and is not to be changed.</summary>
/// <remarks>
/// It imitates a model that thinks in tokens: it continues exactly, or goes back by a few tokens, to the beginning of the line or of an
/// earlier sentence, and may say something of its own first, in its own words.
/// </remarks>
internal static class HeldOutContinuations
{
    private static readonly string[] s_before =
    [
        "Certainly. ", "Sure — ", "Okay, continuing: ", "Here's the remainder:\n\n", "Continued:\n", "(continued) ", "As I was saying, ", "Let me finish that. ",
        "Apologies for the cut-off. ", "Right, where was I? ", "Gerne, hier geht es weiter: ", "Bien sûr, voici la suite : ", "好的，继续：",
    ];

    private static readonly string[] s_refusals =
    [
        "I'm sorry, I can't continue this.", "I can't help with that request.", "Sorry, but I'm unable to continue the previous response.", "I apologize, but I cannot complete this answer.",
        "As an AI language model, I can't do that.", "Unfortunately I am not able to continue this text.", "I don't have access to the earlier answer, so I can't continue it.",
        "I must decline to continue.", "Es tut mir leid, aber dabei kann ich nicht helfen.", "Je suis désolé, mais je ne peux pas continuer.", "抱歉，我无法继续。",
    ];

    /// <summary>What a model says that was asked to continue the text from <paramref name="cut"/> on.</summary>
    public static string Of(string text, int cut, Random random)
    {
        var rest = text[cut..];
        return random.Next(20) switch
        {
            < 6 => rest,
            < 10 => text[Back(text, cut, random.Next(1, 6), random)..],
            < 12 => text[LineStart(text, cut)..],
            < 14 => text[SentenceStart(text, random.Next(Math.Max(0, cut - 400), cut + 1))..],
            14 => text,
            15 => "..." + text[Back(text, cut, random.Next(0, 4), random)..],
            16 => Capital(text[Back(text, cut, random.Next(1, 4), random)..]),
            17 => "\n\n" + text[Back(text, cut, random.Next(0, 4), random)..].TrimStart(),
            18 => s_before[random.Next(s_before.Length)] + text[Back(text, cut, random.Next(0, 3), random)..].TrimStart(),
            _ => s_refusals[random.Next(s_refusals.Length)],
        };
    }

    public static bool IsRefusal(string continuation) => s_refusals.Contains(continuation);

    private static int Back(string text, int cut, int tokens, Random random)
    {
        for (; tokens > 0 && cut > 0; tokens--)
        {
            cut = TokenStart(text, cut, random);
        }

        return cut;
    }

    /// <summary>Tokens: a word with the space before it, or a piece of up to five letters of a long one; up to three digits; a mark; a CJK character.</summary>
    private static int TokenStart(string text, int end, Random random)
    {
        var at = end - 1;
        if (char.IsDigit(text[at]))
        {
            while (at > 0 && end - at < 3 && char.IsDigit(text[at - 1]))
            {
                at--;
            }
        }
        else if (char.IsLetter(text[at]) && text[at] < '\u2E80')
        {
            while (at > 0 && char.IsLetter(text[at - 1]))
            {
                at--;
            }

            if (end - at > 7)
            {
                return end - random.Next(2, 6);
            }
        }

        return at > 0 && text[at - 1] == ' ' && char.IsLetter(text[at]) ? at - 1 : at;
    }

    private static int LineStart(string text, int cut) => cut == 0 ? 0 : text.LastIndexOf('\n', cut - 1) + 1;

    private static int SentenceStart(string text, int at)
    {
        while (at > 0 && !(char.IsWhiteSpace(text[at - 1]) && at > 1 && text[at - 2] is '.' or '!' or '?' or '\n'))
        {
            at--;
        }

        return at;
    }

    private static string Capital(string text)
    {
        var trimmed = text.TrimStart();
        return trimmed.Length == 0 ? text : char.ToUpper(trimmed[0], CultureInfo.InvariantCulture) + trimmed[1..];
    }
}
