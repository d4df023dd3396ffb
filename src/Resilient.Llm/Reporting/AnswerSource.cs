namespace Resilient.Llm;

/// <summary>The kind of step that an answer came from.</summary>
public enum AnswerSource
{
    /// <summary>No answer: every step failed.</summary>
    None = 0,

    /// <summary>A language model.</summary>
    Model,

    /// <summary>A stored answer to exactly this question.</summary>
    Cache,

    /// <summary>Deterministic code: a rule, a search or an apology.</summary>
    LastResort,
}
