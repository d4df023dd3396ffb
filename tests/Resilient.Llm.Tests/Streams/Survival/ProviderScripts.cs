using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Draws what a provider does with a call. Every word of an answer names its author, its call and its place: "dpbwh ": the third call, to the first model, its eighth word, in letters.</summary>
internal static class ProviderScripts
{
    private static readonly int[] s_faults = [500, 503, 529, 429, 401, 404, 400, 413, 1, 2, 3, 4, 5];

    public static ProviderScript For(ProviderCall call, Draw draw)
    {
        List<ProviderStep> steps = [];
        var style = call.Partial is null ? ContinuationStyle.GoesOn : draw.Weighted(
            (5, ContinuationStyle.GoesOn), (3, ContinuationStyle.Repeats), (1, ContinuationStyle.RepeatsAll), (1, ContinuationStyle.StartsOver), (1, ContinuationStyle.SpeaksOfItself));
        var seam = ContinuationOpening.For(ref style, call.Partial ?? "", draw);
        Preamble(steps, draw, call);
        Answer(steps, draw, call, call.Partial is null ? draw.Weighted((40, ""), (1, "```csharp\n"), (1, "{\"answer\": "), (1, "<p>")) : seam);
        End(steps, draw);
        if (draw.Chance(0.5))
        {
            Break(steps, draw);
        }

        return new()
        {
            Steps = steps,
            Style = style,
            OverlapText = seam,
            Opening = draw.Weighted((24, Opening.Works), (1, Opening.MethodThrows), (1, Opening.EnumeratorThrows)),
            OpeningFault = draw.One(s_faults),
            OnCancel = draw.Weighted((10, OnCancel.Throws), (2, OnCancel.EndsQuietly), (2, OnCancel.BreaksConnection), (4, OnCancel.IsDeaf), (2, OnCancel.ThrowsAtCanceller)),
            OnDispose = draw.Weighted((16, OnDispose.Works), (2, OnDispose.Throws), (1, OnDispose.Faults), (1, OnDispose.Hangs)),
            ReusesUpdate = call.IsStreaming && draw.Chance(0.15),
            ThrowsInPlace = draw.Chance(0.15),
            HasIds = draw.Chance(0.8),
        };
    }

    /// <summary>The exception that a fault stands for. Its message marks it as ours.</summary>
    public static Exception Exception(int fault, string who) => fault switch
    {
        1 => new IOException($"{who} lost its connection"),
        2 => new TimeoutException($"{who} timed out"),
        3 => new OperationCanceledException($"{who} was cancelled by nobody"),
        4 => new InvalidOperationException($"{who} has a bug"),
        5 => new HttpRequestException($"{who} is out of reach", new IOException("reset")),
        429 => LadderLab.RateLimited(TimeSpan.FromSeconds(who.Length % 3)),
        _ => LadderLab.Status(fault),
    };

    private static void Preamble(List<ProviderStep> steps, Draw draw, ProviderCall call)
    {
        if (draw.Chance(0.6))
        {
            steps.Add(new(StepKind.Role, Delay(draw)));
        }

        Noise(steps, draw, 0.2);
        if (draw.Chance(0.25))
        {
            for (var i = draw.Int(1, 3); i > 0; i--)
            {
                steps.Add(new(StepKind.Reasoning, Delay(draw), $"{call.Name}r{i} "));
                Noise(steps, draw, 0.2);
            }
        }
    }

    /// <summary>Numbers are held back until they are complete; these words are to come as they are sent.</summary>
    public static string Letters(object number) =>
        string.Concat(FormattableString.Invariant($"{number}").Select(static digit => char.IsAsciiDigit(digit) ? (char)(digit - '0' + 'a') : digit));

    private static void Answer(List<ProviderStep> steps, Draw draw, ProviderCall call, string before)
    {
        var text = new StringBuilder(before);
        for (int i = 0, words = draw.Chance(0.8) ? draw.Int(1, 9) : draw.Int(10, 25); i < words; i++)
        {
            text.Append(call.Word).Append('w').Append(Letters(i)).Append(draw.Chance(0.05) ? '\n' : ' ');
        }

        var whole = text.ToString();
        for (int at = 0, end; at < whole.Length; at = end)
        {
            // Mostly at the end of a word; sometimes in the middle of it, as tokens are.
            end = Math.Min(whole.Length, at + draw.Int(1, 20));
            end = draw.Chance(0.75) ? whole.IndexOfAny([' ', '\n'], end - 1) + 1 : end;
            end = end == 0 ? whole.Length : end;
            steps.Add(new(draw.Weighted((20, StepKind.Text), (1, StepKind.TextInTwo), (1, StepKind.ReasoningAndText)), Delay(draw), whole[at..end]));
            Noise(steps, draw, 0.12);
            if (draw.Chance(0.04))
            {
                steps.Add(new(StepKind.Reasoning, Delay(draw), $"{call.Name}r1{steps.Count} "));
            }
        }

        if (draw.Chance(0.1))
        {
            var at = call.Partial is null && draw.Chance(0.3) ? draw.Int(0, steps.Count) : steps.Count;
            for (var i = draw.Int(1, 2); i > 0; i--)
            {
                steps.Insert(at, new(StepKind.ToolCall, Delay(draw), $"{call.Name}t{i}"));
            }
        }
        else if (draw.Chance(0.03))
        {
            // Reasons, or says nothing at all, and calls that an answer.
            steps.RemoveAll(static step => step.Kind is StepKind.Text or StepKind.TextInTwo or StepKind.ReasoningAndText);
        }
    }

    private static void End(List<ProviderStep> steps, Draw draw)
    {
        if (draw.Chance(0.4))
        {
            steps.Add(new(StepKind.Usage, Delay(draw)));
        }

        steps.Add(new(StepKind.Finish, Delay(draw), Finish: draw.Weighted(
            (20, ChatFinishReason.Stop), (2, ChatFinishReason.Length), (2, ChatFinishReason.ToolCalls), (1, ChatFinishReason.ContentFilter))));
        Noise(steps, draw, 0.1);
        steps.Add(new(StepKind.End, Delay(draw)));
    }

    private static void Break(List<ProviderStep> steps, Draw draw)
    {
        var at = draw.Chance(0.1) ? steps.Count - 1 : draw.Int(0, steps.Count - 1);
        steps.RemoveRange(at, steps.Count - at);
        var kind = draw.Weighted((10, StepKind.Throw), (4, StepKind.Hang), (4, StepKind.End), (2, StepKind.Error));
        steps.Add(new(kind, Delay(draw), Fault: draw.One(s_faults)));
        if (kind == StepKind.Error)
        {
            // As both large SDKs do it: the error is an update like any other, and the end is clean.
            steps.Add(new(StepKind.End, TimeSpan.Zero));
        }
    }

    private static void Noise(List<ProviderStep> steps, Draw draw, double chance)
    {
        while (draw.Chance(chance))
        {
            steps.Add(new(draw.One(StepKind.KeepAlive, StepKind.EmptyText, StepKind.Usage), Delay(draw)));
        }
    }

    private static TimeSpan Delay(Draw draw) => draw.Weighted((70, 0), (20, 1), (8, 2), (2, 3)) switch
    {
        0 => TimeSpan.Zero,
        1 => draw.Time(1, 300),
        2 => draw.Time(400, 4_000),
        _ => draw.Time(5_000, 40_000),
    };
}
