using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Caching;

/// <summary>Records what a response says, if it is text.</summary>
internal static class AnswerSnapshot
{
    /// <summary>Null for a response that holds more than text, such as tool calls or data, or that has not ended yet.</summary>
    /// <remarks>
    /// What only decorates an answer never prevents storing: ids, raw representations, properties of unknown types, annotations other than
    /// sources. Foreign lists may throw. What cannot be read is not stored; it still reaches the caller.
    /// </remarks>
    /// <param name="response">An answer that was accepted.</param>
    /// <param name="refusal">Why there is no content.</param>
    public static AnswerContent? TryTake(ChatResponse response, out AnswerNotStored refusal)
    {
        var content = ForeignCode.Try(response, Take);
        refusal = content is not null ? AnswerNotStored.None
            : response.ContinuationToken is null ? AnswerNotStored.AnswerContent
            : AnswerNotStored.Incomplete;
        return content;
    }

    /// <summary>Why content is not stored: it is not whole, or no answer.</summary>
    public static AnswerNotStored RefusalOf(AnswerContent content) =>
        content.FinishReason != ChatFinishReason.Stop.Value ? AnswerNotStored.Incomplete
        : !content.HasText() ? AnswerNotStored.NoText
        : ErrorPage.IsOne(content.Text()) ? AnswerNotStored.ErrorPage
        : AnswerNotStored.None;

    private static AnswerContent? Take(ChatResponse response)
    {
        var parts = new AnswerParts(joinsText: false);
        AdditionalPropertiesDictionary? properties = null;
        foreach (var message in response.Messages)
        {
            if (!parts.Take(message))
            {
                return null;
            }

            Merge(ref properties, message.AdditionalProperties);
        }

        Merge(ref properties, response.AdditionalProperties);
        return response.ContinuationToken is not null ? null : new()
        {
            Messages = parts.ToMessages(),
            ModelId = response.ModelId,
            CreatedAt = response.CreatedAt,

            // A plain answer without a reason is whole: some clients give none, and what was cut off was not accepted.
            FinishReason = response.FinishReason?.Value ?? ChatFinishReason.Stop.Value,
            Usage = (response.Usage ?? parts.Usage) is { } usage ? AnswerUsage.From(usage) : null,
            Properties = AnswerProperty.Take(properties),
        };
    }

    private static void Merge(ref AdditionalPropertiesDictionary? all, AdditionalPropertiesDictionary? some)
    {
        foreach (var (name, value) in some ?? [])
        {
            (all ??= [])[name] = value;
        }
    }
}
