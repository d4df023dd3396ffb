#pragma warning disable MEAI001 // Experimental counts are carried along, never exposed: dropping one would lose a part of the answer.
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

internal sealed record AnswerUsage(
    long? Input,
    long? Output,
    long? Total,
    long? CachedInput,
    long? Reasoning,
    long? InputAudio,
    long? InputText,
    long? OutputAudio,
    long? OutputText,
    Dictionary<string, long>? More)
{
    public static AnswerUsage From(UsageDetails usage) => new(
        usage.InputTokenCount,
        usage.OutputTokenCount,
        usage.TotalTokenCount,
        usage.CachedInputTokenCount,
        usage.ReasoningTokenCount,
        usage.InputAudioTokenCount,
        usage.InputTextTokenCount,
        usage.OutputAudioTokenCount,
        usage.OutputTextTokenCount,
        usage.AdditionalCounts is null ? null : new(usage.AdditionalCounts));

    public UsageDetails ToUsage()
    {
        var usage = new UsageDetails
        {
            InputTokenCount = Input,
            OutputTokenCount = Output,
            TotalTokenCount = Total,
            CachedInputTokenCount = CachedInput,
            ReasoningTokenCount = Reasoning,
            InputAudioTokenCount = InputAudio,
            InputTextTokenCount = InputText,
            OutputAudioTokenCount = OutputAudio,
            OutputTextTokenCount = OutputText,
        };
        foreach (var (name, count) in More ?? [])
        {
            (usage.AdditionalCounts ??= [])[name] = count;
        }

        return usage;
    }
}
