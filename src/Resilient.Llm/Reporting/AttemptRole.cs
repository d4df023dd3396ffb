namespace Resilient.Llm;

/// <summary>Why a candidate was called.</summary>
public enum AttemptRole
{
    /// <summary>It was the first choice, or the next one after another had failed.</summary>
    Ordinary = 0,

    /// <summary>In parallel with another one, which had been silent for too long. The loser reads <see cref="FailureKind.Cancelled"/>, hedge or hedged.</summary>
    Hedge,

    /// <summary>To go on where a stream had broken off after its first content.</summary>
    Continuation,
}
