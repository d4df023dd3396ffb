namespace Resilient.Llm;

/// <summary>Why a step was called.</summary>
public enum AttemptRole
{
    /// <summary>It was the first choice, or the next one after a failure.</summary>
    Ordinary = 0,

    /// <summary>
    /// In parallel with one that had been silent for too long. The loser of the two reads <see cref="FailureKind.Cancelled"/>.
    /// </summary>
    Hedge,

    /// <summary>To continue a stream that broke after its first content.</summary>
    Continuation,

    /// <summary>
    /// With a shorter history, after the whole one had been too long (<c>WithReducer</c>).
    /// </summary>
    Reduced,
}
