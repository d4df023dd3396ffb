using System.Globalization;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>The words of a simulation: questions that say how long their answers are, and answers of which every part is known.</summary>
/// <remarks>
/// The sizes travel in the question's text, since that is what arrives at a provider whatever stands in between. Each token of an answer is four characters and unlike its neighbours, so
/// a reader of an answer sees whether something is missing, doubled or out of order, also where another provider went on with it.
/// </remarks>
internal static class SimulatedText
{
    public const int CharactersPerToken = 4;

    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const string Beginning = "Question ";

    /// <summary>A question. Two with the same number and size are the same.</summary>
    public static string Question(long number, ChatSize size) =>
        string.Create(CultureInfo.InvariantCulture, $"{Beginning}{number}: {size.PromptTokens} tokens, answer in {size.AnswerTokens}");

    /// <summary>What is asked, and how much of the answer is there already, where this is to go on with one that broke off.</summary>
    public static (ChatSize Size, int Delivered) Read(IEnumerable<ChatMessage> messages)
    {
        ChatSize? size = null;
        foreach (var message in messages)
        {
            if (size is null)
            {
                size = Sizes(message.Text);
            }
            else if (message.Role == ChatRole.Assistant)
            {
                return (size.Value, message.Text.Length / CharactersPerToken);
            }
        }

        // No user's question: an active probe's, for example, which asks for next to nothing.
        return (size ?? new(1, 1), 0);
    }

    /// <summary>A part of an answer.</summary>
    public static string Answer(int from, int tokens) => string.Create(tokens * CharactersPerToken, from, static (text, from) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = At((from * CharactersPerToken) + i);
        }
    });

    /// <summary>Whether a text is that part of an answer which begins at a character.</summary>
    public static bool IsPartOfAnswer(ReadOnlySpan<char> text, int from)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != At(from + i))
            {
                return false;
            }
        }

        return true;
    }

    private static char At(int character)
    {
        var token = character / CharactersPerToken;
        return (character % CharactersPerToken) switch
        {
            0 => Digits[token / (36 * 36) % 36],
            1 => Digits[token / 36 % 36],
            2 => Digits[token % 36],
            _ => ' ',
        };
    }

    private static ChatSize? Sizes(ReadOnlySpan<char> question)
    {
        var colon = question.IndexOf(':');
        if (!question.StartsWith(Beginning, StringComparison.Ordinal) || colon < 0)
        {
            return null;
        }

        var sizes = question[(colon + 2)..];
        return int.TryParse(sizes[..Math.Max(0, sizes.IndexOf(' '))], NumberStyles.None, CultureInfo.InvariantCulture, out var prompt)
            && int.TryParse(sizes[(sizes.LastIndexOf(' ') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var answer)
            ? new(prompt, answer)
            : null;
    }
}
