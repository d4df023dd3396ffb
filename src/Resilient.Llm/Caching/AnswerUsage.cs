#pragma warning disable MEAI001 // Experimental counts are carried along, never exposed: dropping one would lose a part of the answer.
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Caching;

/// <summary>The token counts of an answer.</summary>
internal sealed record AnswerUsage
{
    public long? Input { get; init; }

    public long? Output { get; init; }

    public long? Total { get; init; }

    public long? CachedInput { get; init; }

    public long? Reasoning { get; init; }

    public long? InputAudio { get; init; }

    public long? InputText { get; init; }

    public long? OutputAudio { get; init; }

    public long? OutputText { get; init; }

    public Dictionary<string, long>? More { get; init; }

    /// <summary>Null for a type derived by somebody else: it may count more than we can see.</summary>
    public static AnswerUsage? From(UsageDetails usage) => usage.GetType() != typeof(UsageDetails) ? null : new()
    {
        Input = usage.InputTokenCount,
        Output = usage.OutputTokenCount,
        Total = usage.TotalTokenCount,
        CachedInput = usage.CachedInputTokenCount,
        Reasoning = usage.ReasoningTokenCount,
        InputAudio = usage.InputAudioTokenCount,
        InputText = usage.InputTextTokenCount,
        OutputAudio = usage.OutputAudioTokenCount,
        OutputText = usage.OutputTextTokenCount,
        More = usage.AdditionalCounts is null ? null : new(usage.AdditionalCounts),
    };

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
