using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

internal enum StepKind
{
    /// <summary>Role and ids alone.</summary>
    Role,
    EmptyText,

    /// <summary>An update without contents.</summary>
    KeepAlive,
    Usage,
    Reasoning,
    Text,

    /// <summary>Text in two contents of one update.</summary>
    TextInTwo,

    /// <summary>Reasoning and text in one update.</summary>
    ReasoningAndText,
    ToolCall,

    /// <summary>An error event inside the stream.</summary>
    Error,
    Finish,
    Throw,

    /// <summary>Nothing more, for ever.</summary>
    Hang,

    /// <summary>A clean end.</summary>
    End,
}

internal enum Opening
{
    Works,
    MethodThrows,
    EnumeratorThrows,
}

/// <summary>What a provider makes of its token.</summary>
internal enum OnCancel
{
    Throws,

    /// <summary>Ends the stream as if it were over.</summary>
    EndsQuietly,
    BreaksConnection,
    IsDeaf,

    /// <summary>Throws at whoever cancels, and then ends.</summary>
    ThrowsAtCanceller,
}

internal enum OnDispose
{
    Works,
    Throws,
    Faults,
    Hangs,
}

/// <summary>What one update, or one fault, of a call is.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Delay">How long it is in coming; zero: it is there at once.</param>
/// <param name="Text">The text that it brings.</param>
/// <param name="Finish">The reason, for a <see cref="StepKind.Finish"/>.</param>
/// <param name="Fault">Which exception, for a <see cref="StepKind.Throw"/>: a status, or below 100 another kind.</param>
internal sealed record ProviderStep(StepKind Kind, TimeSpan Delay, string Text = "", ChatFinishReason? Finish = null, int Fault = 0)
{
    public override string ToString() =>
        $"{(Delay > TimeSpan.Zero ? $"+{Delay.TotalMilliseconds}ms " : "")}{Kind}{(Text.Length > 0 ? $" '{Text.Replace("\n", "\\n", StringComparison.Ordinal)}'" : "")}"
        + $"{(Finish is { } reason ? $" {reason}" : "")}{(Kind == StepKind.Throw ? $" {Fault}" : "")}";
}

/// <summary>What a provider does with one call, plain or streaming.</summary>
internal sealed record ProviderScript
{
    public required IReadOnlyList<ProviderStep> Steps { get; init; }

    public Opening Opening { get; init; }

    public OnCancel OnCancel { get; init; }

    public OnDispose OnDispose { get; init; }

    /// <summary>Which exception an <see cref="Opening"/> throws.</summary>
    public int OpeningFault { get; init; }

    /// <summary>Fills one and the same update again and again.</summary>
    public bool ReusesUpdate { get; init; }

    /// <summary>Throws out of the move itself instead of returning a failed one.</summary>
    public bool ThrowsInPlace { get; init; }

    /// <summary>How it goes on where it is told to.</summary>
    public ContinuationStyle Style { get; init; }

    /// <summary>What it says before words of its own: of the partial answer, or of itself.</summary>
    public string OverlapText { get; init; } = "";

    /// <summary>Whether its updates have message and response ids.</summary>
    public bool HasIds { get; init; }

    public override string ToString() =>
        $"[{string.Join(", ", Steps)}]{(Opening == Opening.Works ? "" : $" {Opening} {OpeningFault}")}{(OnCancel == OnCancel.Throws ? "" : $" cancel:{OnCancel}")}"
        + $"{(OnDispose == OnDispose.Works ? "" : $" dispose:{OnDispose}")}{(ReusesUpdate ? " reuses" : "")}{(ThrowsInPlace ? " in-place" : "")}{(HasIds ? "" : " no-ids")}{(Style == ContinuationStyle.GoesOn ? "" : $" {Style}")}";
}
