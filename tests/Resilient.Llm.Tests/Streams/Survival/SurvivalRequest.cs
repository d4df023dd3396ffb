using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>What one caller does: asks, reads at its own pace, and perhaps cancels or walks away.</summary>
internal sealed record SurvivalRequest
{
    public required int Number { get; init; }

    public required string Question { get; init; }

    /// <summary>After the start of the run, or, where requests come one after the other, after the end of the one before.</summary>
    public TimeSpan StartsAfter { get; init; }

    public bool IsStreaming { get; init; }

    public bool AsksForJson { get; init; }

    public int? MaxOutputTokens { get; init; }

    /// <summary>How likely it pauses after an update.</summary>
    public double Pauses { get; init; }

    public TimeSpan? CancelsAfter { get; init; }

    public TimeSpan? LeavesAfter { get; init; }

    /// <summary>Leaves after so many updates.</summary>
    public int? ReadsOnly { get; init; }

    public bool GivesTokenToEnumeration { get; init; }

    public static SurvivalRequest From(Draw draw, int number, bool sharesQuestion)
    {
        var isStreaming = draw.Chance(0.88);
        var ending = draw.Weighted((65, 0), (13, 1), (11, 2), (11, 3));
        return new()
        {
            Number = number,
            Question = sharesQuestion ? "question" : $"question {number}",
            StartsAfter = draw.Weighted((4, TimeSpan.Zero), (4, draw.Time(1, 2_000)), (2, draw.Time(2_000, 30_000))),
            IsStreaming = isStreaming,
            AsksForJson = draw.Chance(0.04),
            MaxOutputTokens = draw.Chance(0.1) ? 1_000 : null,
            Pauses = draw.Weighted((3, 0.0), (1, 0.3)),
            CancelsAfter = ending == 1 ? draw.Time(0, draw.One(50, 1_000, 20_000)) : null,
            LeavesAfter = ending == 2 && isStreaming ? draw.Time(0, draw.One(50, 1_000, 20_000)) : null,
            ReadsOnly = ending == 3 ? draw.Int(1, 8) : null,
            GivesTokenToEnumeration = draw.Chance(0.3),
        };
    }

    public ChatMessage[] Messages() => [new(ChatRole.User, Question)];

    public ChatOptions? Options() => AsksForJson || MaxOutputTokens is not null
        ? new() { ResponseFormat = AsksForJson ? ChatResponseFormat.Json : null, MaxOutputTokens = MaxOutputTokens }
        : null;
}
