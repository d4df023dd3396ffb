namespace Resilient.Llm.Tests;

/// <summary>How a model goes on with somebody's answer.</summary>
internal enum ContinuationStyle
{
    /// <summary>As it was told.</summary>
    GoesOn,

    /// <summary>Repeats the last words first.</summary>
    Repeats,

    /// <summary>Gives the whole partial answer again, and then goes on.</summary>
    RepeatsAll,

    /// <summary>Begins the answer anew, much like the first one.</summary>
    StartsOver,
    SpeaksOfItself,
}

/// <summary>What a continuation says before it says anything of its own.</summary>
internal static class ContinuationOpening
{
    private static readonly string[] s_ofItself = ["Sure! Here is the rest: ", "I apologize for the interruption. ", "Continuing from where I left off:\n"];

    // A repetition that is shorter may be chance, and a beginning that is shorter no restart.
    private const int LongEnough = 16;
    private const int Restart = 48;

    /// <param name="style">What it was drawn to do; changed to going on where the partial answer is too short for it.</param>
    /// <param name="partial">The partial answer.</param>
    /// <param name="draw">Chance.</param>
    public static string For(ref ContinuationStyle style, string partial, Draw draw)
    {
        var opening = style switch
        {
            ContinuationStyle.Repeats => LastWords(partial, draw),
            ContinuationStyle.RepeatsAll => partial.Length >= LongEnough ? partial : null,
            ContinuationStyle.StartsOver => partial.Length > Restart + LongEnough ? partial[..draw.Int(Restart, partial.Length - LongEnough)] : null,
            ContinuationStyle.SpeaksOfItself => draw.One(s_ofItself),
            _ => null,
        };
        style = opening is null ? ContinuationStyle.GoesOn : style;
        return opening ?? "";
    }

    private static string? LastWords(string partial, Draw draw)
    {
        var starts = new List<int>();
        for (var i = 1; i < partial.Length; i++)
        {
            if (char.IsWhiteSpace(partial[i - 1]) && !char.IsWhiteSpace(partial[i]))
            {
                // A single piece of a word is no repetition that anybody could tell.
                var tail = partial.AsSpan(i);
                if (tail.Length >= LongEnough || tail.ContainsAny(' ', '\n'))
                {
                    starts.Add(i);
                }
            }
        }

        if (partial.Length > LongEnough && draw.Chance(0.3))
        {
            return partial[draw.Int(Math.Max(0, partial.Length - 60), partial.Length - LongEnough)..];
        }

        return starts.Count == 0 ? null : partial[draw.One<int>([.. starts])..];
    }
}
