using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>One broken answer through a ladder of two models, from the first token to what a reader has in the end.</summary>
internal sealed record SeamRun(SeamKind Kind, string Name, int Cut, SeamOutcome Outcome, bool IsInFigures, string Partial, string? Continuation, string Joined)
{
    public override string ToString() =>
        $"{Kind}, {Name} at {Cut}: …{Partial[Math.Max(0, Partial.Length - 30)..]}| and |{Continuation?[..Math.Min(30, Continuation.Length)]}…".ReplaceLineEndings("\\n");

    public static async Task<SeamRun> OfAsync(SeamKind kind, string name, string text, int cut, int seed)
    {
        var random = new Random(seed);
        using var primary = new BreakingModel(text, cut, random);
        using var cheaper = new ContinuingModel(kind, text, random);
        using var ladder = new ResilientChatBuilder().WithTimeProvider(new ManualTimeProvider()).WithRandomizer(static () => 0.5)
            .AddModel("primary", primary).AddModel("cheaper", cheaper).Build();
        var read = new StringBuilder();
        var isInterrupted = false;
        try
        {
            await foreach (var update in ladder.GetStreamingResponseAsync("question"))
            {
                read.Append(update.Text);
            }
        }
        catch (ChatStreamInterruptedException interruption)
        {
            isInterrupted = true;
            Assert.Equal(read.ToString(), interruption.PartialResponse.Text);
        }

        var joined = read.ToString();
        var isRefused = kind == SeamKind.Refusal || (kind == SeamKind.HeldOut && cheaper.Continuation is { } words && HeldOutContinuations.IsRefusal(words));
        var outcome = isInterrupted ? text.StartsWith(joined, StringComparison.Ordinal) ? SeamOutcome.Interrupted : SeamOutcome.Bad
            : !isRefused && Plain(joined) == Plain(text) ? SeamOutcome.Correct
            : SeamOutcome.Bad;
        return new(kind, name, cut, outcome, SeamFigures.IsInFigures(text, cut), cheaper.Partial ?? joined, cheaper.Continuation, joined);
    }

    private static string Plain(string text) => Regex.Replace(text, @"\s+", " ").Trim();
}
