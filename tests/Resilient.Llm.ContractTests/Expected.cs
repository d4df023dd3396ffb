using Microsoft.Extensions.AI;

namespace Resilient.Llm.ContractTests;

/// <summary>What a caller of the ladder meets when the primary has a fault.</summary>
internal enum Fate
{
    /// <summary>The primary's answer reaches the caller as it came.</summary>
    Passes,

    /// <summary>The next model answers and nothing of the primary's text is seen.</summary>
    StepsDown,

    /// <summary>The primary's failure reaches the caller as it came: no other model is asked.</summary>
    ComesBack,
}

/// <summary>One cell of the contract table.</summary>
/// <param name="Fate">What the caller meets.</param>
/// <param name="Kind">What the ladder says was wrong with the primary; null when it answered.</param>
/// <param name="Text">The primary's text that reaches the caller.</param>
/// <param name="FinishReason">The finish reason that comes with an answer that passes.</param>
internal sealed record Expected(Fate Fate, FailureKind? Kind, string Text = "", ChatFinishReason? FinishReason = null)
{
    public static Expected StepsDown(FailureKind kind) => new(Fate.StepsDown, kind);

    public static Expected ComesBack(FailureKind kind) => new(Fate.ComesBack, kind);

    public static Expected Passes(string text, ChatFinishReason? finishReason) => new(Fate.Passes, null, text, finishReason);
}
