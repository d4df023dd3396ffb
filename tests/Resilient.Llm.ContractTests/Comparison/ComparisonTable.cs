using static Resilient.Llm.ContractTests.Phase;

namespace Resilient.Llm.ContractTests;

/// <summary>The rows of the comparison with Microsoft.Extensions.AI's ordered failover: faults of <see cref="ContractTable"/>, and when they strike.</summary>
internal static class ComparisonTable
{
    public static IReadOnlyList<(string Fault, Phase Phase)> Rows { get; } =
    [
        ("none", BeforeContent),
        ("connection refused", BeforeContent),
        ("503", BeforeContent),
        ("429 with Retry-After", BeforeContent),
        ("401", BeforeContent),
        ("400", BeforeContent),
        ("context too long", BeforeContent),
        ("content filter by status", BeforeContent),
        ("hang before headers", BeforeContent),
        ("stall", BeforeContent),
        ("stall", AfterText),
        ("closed in the middle of the body", BeforeContent),
        ("closed in the middle of the body", AfterReasoning),
        ("closed in the middle of the body", AfterText),
        ("server error", BeforeContent),
        ("server error", AfterText),
        ("HTML in place of an answer", BeforeContent),
        ("empty body", BeforeContent),
        ("clean end", BeforeContent),
        ("clean end", AfterText),
        ("clean end", AfterToolCall),
        ("clean end in the arguments of a tool call", BeforeContent),
        ("finish reason without content", BeforeContent),
        ("token limit", BeforeContent),
        ("token limit", AfterText),
        ("content filter", AfterText),
        ("refusal", BeforeContent),
        ("unknown finish reason", AfterText),
    ];

    public static string Name(string fault, Phase phase) =>
        ContractTable.Get(fault).Outcomes.Length == 1 ? fault : phase switch
        {
            BeforeContent => $"{fault}, before content",
            AfterReasoning => $"{fault}, after reasoning",
            AfterText => $"{fault}, after text",
            _ => $"{fault}, after a tool call",
        };
}
