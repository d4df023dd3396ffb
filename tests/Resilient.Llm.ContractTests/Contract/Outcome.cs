namespace Resilient.Llm.ContractTests;

/// <summary>What the caller of a ladder meets when its first model has a fault.</summary>
public enum Outcome
{
    /// <summary>There is no such cell: see <see cref="CellResult.Why"/>.</summary>
    Empty,

    /// <summary>The primary's answer reaches the caller as it came.</summary>
    PassesOn,

    /// <summary>The primary's answer has come as a whole, and reaches the caller as such. That the connection broke behind it counts for its circuit alone.</summary>
    Whole,

    /// <summary>The next model answers the question from its beginning. Of the primary at most reasoning is seen.</summary>
    NextStep,

    /// <summary>As <see cref="MidStreamPolicy"/> says: interrupted, or continued by the next model.</summary>
    Policy,

    /// <summary><see cref="ChatStreamInterruptedException"/> with what had arrived, whatever the policy.</summary>
    Interrupted,

    /// <summary>The primary's failure reaches the caller as it came: no other model is asked.</summary>
    ComesBack,

    /// <summary>It is the caller who ends it. No endpoint is charged, and no other model is asked.</summary>
    Ended,
}

/// <summary>What a call does to the health of the endpoint that was asked first.</summary>
public enum Circuit
{
    Success,
    Failure,
    Cooldown,
    Neutral,
}
