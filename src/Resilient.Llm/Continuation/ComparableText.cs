using System.Text;

namespace Resilient.Llm.Continuation;

/// <summary>A text as repetitions are compared: runs of white space are one space, letters are lower case, quotes are straight.</summary>
/// <remarks>White space at either end is left out. No character becomes two: lengths stay comparable.</remarks>
internal sealed class ComparableText
{
    private readonly string _folded;
    private readonly string _written;

    private ComparableText(string written)
    {
        _written = written;
        _folded = string.Create(written.Length, written, static (folded, written) =>
        {
            for (var i = 0; i < folded.Length; i++)
            {
                folded[i] = Fold(written[i]);
            }
        });
    }

    public int Length => _folded.Length;

    /// <summary>The text with its case, and with \n for a run of white space that has a line break.</summary>
    public ReadOnlySpan<char> Written => _written;

    public char this[int index] => _folded[index];

    public static ComparableText Of(string text)
    {
        var written = new StringBuilder(text.Length);
        foreach (var character in text.AsSpan().Trim())
        {
            if (!char.IsWhiteSpace(character))
            {
                written.Append(character);
            }
            else if (!char.IsWhiteSpace(written[^1]))
            {
                written.Append(character == '\n' ? '\n' : ' ');
            }
            else if (character == '\n')
            {
                written[^1] = '\n';
            }
        }

        return new(written.ToString());
    }

    /// <summary>Whether a character adds to the comparable text before it; more white space does not.</summary>
    public static bool Adds(char last, char next, out char comparable)
    {
        comparable = Fold(next);
        return comparable != ' ' || last != ' ';
    }

    private static char Fold(char character) => character switch
    {
        '\u2019' or '\u2018' => '\'',
        '\u201C' or '\u201D' => '"',
        _ when char.IsWhiteSpace(character) => ' ',
        _ => char.ToLowerInvariant(character),
    };
}
