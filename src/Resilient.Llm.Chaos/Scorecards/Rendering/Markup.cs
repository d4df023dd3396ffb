using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Resilient.Llm.Chaos.Scorecards;

/// <summary>Builds HTML. Interpolated values are encoded; only literals in this code are markup.</summary>
internal sealed class Markup
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new();

    public Markup Add([InterpolatedStringHandlerArgument("")] ref Holes holes) => this;

    public Markup Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>An interpolated value that is markup from this code, and not encoded.</summary>
    public readonly record struct Part(string Text);

    [InterpolatedStringHandler]
#pragma warning disable CS9113 // The compiler hands over the lengths; the text grows by itself.
    public readonly ref struct Holes(int literalLength, int formattedCount, Markup markup)
#pragma warning restore CS9113
    {
        public void AppendLiteral(string literal) => markup._text.Append(literal);

        public void AppendFormatted(string? text) => markup._text.Append(s_encoder.Encode(Printable(text ?? "")));

        public void AppendFormatted(Part part) => markup._text.Append(part.Text);

        public void AppendFormatted(int number) => markup._text.Append(CultureInfo.InvariantCulture, $"{number}");

        /// <summary>A coordinate, rounded to a tenth of a pixel.</summary>
        public void AppendFormatted(double coordinate) => markup._text.Append(CultureInfo.InvariantCulture, $"{coordinate:0.#}");

        /// <summary>Control characters are not valid in HTML, even encoded.</summary>
        private static string Printable(string text) =>
            text.Any(char.IsControl) ? string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)) : text;
    }
}
