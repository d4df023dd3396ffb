using System.Globalization;

namespace Resilient.Llm.Caching;

/// <summary>One spelling for each number: 1, 1.0 and 1e0 are the same, in a process and after a way through JSON.</summary>
internal static class AnswerKeyNumber
{
    /// <summary>The exact decimal value as "digits", "e" and an exponent. Never rounded: two numbers that differ stay apart.</summary>
    /// <param name="text">A number as JSON writes it, or as .NET does in the invariant culture.</param>
    public static string Canonical(string text)
    {
        var isNegative = text.StartsWith('-');
        var mantissa = text.AsSpan(isNegative ? 1 : 0);
        long exponent = 0;
        if (mantissa.IndexOfAny('e', 'E') is >= 0 and var mark)
        {
            if (!long.TryParse(mantissa[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                || long.Abs(exponent) > int.MaxValue)
            {
                return text;
            }

            mantissa = mantissa[..mark];
        }

        var point = mantissa.IndexOf('.');
        var digits = point < 0 ? mantissa.ToString() : string.Concat(mantissa[..point], mantissa[(point + 1)..]);
        exponent -= point < 0 ? 0 : mantissa.Length - point - 1;
        var significant = digits.AsSpan().TrimEnd('0');
        exponent += digits.Length - significant.Length;
        significant = significant.TrimStart('0');
        return significant.IsEmpty
            ? "0"
            : string.Create(CultureInfo.InvariantCulture, $"{(isNegative ? "-" : "")}{significant}e{exponent}");
    }
}
