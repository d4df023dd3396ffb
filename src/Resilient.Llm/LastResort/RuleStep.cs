using System.Text;
using System.Text.Json;

namespace Resilient.Llm.LastResort;

/// <summary>Asks the rules in order, then the stored questions, until one has an answer that fits.</summary>
internal static class RuleStep
{
    /// <summary>The first fitting answer; null when there is none.</summary>
    public static async Task<string?> AskAsync(
        LastResortSettings settings, LastResortContext context, AnswerTime time, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var end = time.EndOfRules(settings.RuleTimeout);
        for (var i = 0; i < settings.Rules.Count; i++)
        {
            // When the time is up, rules that answer at once are still asked: they cost nothing.
            var answer = await AskAsync(settings, i, context, time.Until(end), timeProvider, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (Fits(answer, context))
            {
                return answer;
            }
        }

        return settings.Faq.FindAnswer(context.Question) is { } stored && Fits(stored, context) ? stored : null;
    }

    private static async Task<string?> AskAsync(
        LastResortSettings settings, int index, LastResortContext context, TimeSpan limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        try
        {
            var ended = await TimeLimited.RunAsync(token => settings.Rules[index](context, token).AsTask(), limit, timeProvider, cancellationToken).ConfigureAwait(false);
            if (ended is not null)
            {
                return await ended.ConfigureAwait(false);
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                settings.Report(Name(index), new TimeoutException("The rule did not answer in time and was left behind."));
            }
        }
        catch (Exception exception)
        {
            // Foreign code: a rule that fails has no answer.
            settings.Report(Name(index), exception);
        }

        return null;
    }

    private static string Name(int index) => $"rule {index + 1}";

    private static bool Fits(string? answer, LastResortContext context) =>
        !string.IsNullOrWhiteSpace(answer) && (!context.WantsJson || IsJson(answer));

    /// <summary>
    /// An object or an array: structured output is never a bare value, and a plain sentence must not pass for one by being a number.
    /// </summary>
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
