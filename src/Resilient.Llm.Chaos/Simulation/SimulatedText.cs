using System.Globalization;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>The texts of a simulation: questions that contain the size of their answers, and verifiable answers.</summary>
/// <remarks>
/// Sizes are part of the question's text, which reaches the provider through every layer. Each token of an answer has four characters and
/// differs from its neighbours, and has letters alone as prose does, so missing, repeated or misplaced parts are detected, also after a continuation by another provider.
/// </remarks>
internal static class SimulatedText
{
    public const int CharactersPerToken = 4;

    private const int Letters = 26;
    private const string Beginning = "Question ";

    /// <summary>A question. The same number and size give the same text.</summary>
    public static string Question(long number, ChatSize size) =>
        string.Create(CultureInfo.InvariantCulture, $"{Beginning}{number}: {size.PromptTokens} tokens, answer in {size.AnswerTokens}");

    /// <summary>Reads the sizes, and how much of a broken answer is already delivered if it is to be continued.</summary>
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

        // Not a user's question, but for example an active probe's, which asks for very little.
        return (size ?? new(1, 1), 0);
    }

    public static string Answer(int from, int tokens) => string.Create(tokens * CharactersPerToken, from, static (text, from) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = At((from * CharactersPerToken) + i);
        }
    });

    /// <summary>Whether a text is the part of an answer that begins at an offset.</summary>
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
            0 => Letter(token / (Letters * Letters)),
            1 => Letter(token / Letters),
            2 => Letter(token),
            _ => ' ',
        };
    }

    private static char Letter(int number) => (char)('a' + (number % Letters));

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
