using System.Text;
using System.Text.Json;

namespace Resilient.Llm.LastResort;

/// <summary>Asks the rules in order, then the stored questions, until one has a suitable answer.</summary>
internal static class RuleStep
{
    /// <summary>The first suitable answer; null when there is none.</summary>
    public static async Task<string?> AskAsync(
        LastResortSettings settings,
        LastResortContext context,
        AnswerTime time,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var end = time.EndOfRules(settings.RuleTimeout);
        for (var i = 0; i < settings.Rules.Count; i++)
        {
            // After the timeout, synchronous rules are still asked: they cost nothing.
            var rule = settings.Rules[i];
            var answer = await settings.TryAsync(
                $"rule {i + 1}",
                token => rule(context, token).AsTask(),
                static answer => answer,
                "The rule did not answer in time and was left behind.",
                time.Until(end),
                timeProvider,
                cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (Fits(answer, context))
            {
                return answer;
            }
        }

        return settings.Faq.FindAnswer(context.Question) is { } stored && Fits(stored, context) ? stored : null;
    }

    private static bool Fits(string? answer, LastResortContext context) =>
        !string.IsNullOrWhiteSpace(answer) && (!context.WantsJson || IsJson(answer));

    /// <summary>Whether it is an object or array: structured output is never a bare value, and a sentence may look like a number.</summary>
    private static bool IsJson(string answer)
    {
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(answer));
            var isDocument = reader.Read() && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            while (reader.Read())
            {
            }

            return isDocument;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
