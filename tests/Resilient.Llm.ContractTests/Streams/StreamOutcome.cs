namespace Resilient.Llm.ContractTests;

/// <summary>What becomes of a stream whose first model has a fault: a cell of the contract table.</summary>
internal enum StreamOutcome
{
    /// <summary>The fault cannot come at this place.</summary>
    Impossible,

    /// <summary>The primary's answer reaches the caller as it came.</summary>
    PassesOn,

    /// <summary>The primary's answer has come as a whole, and reaches the caller as such. That the connection broke behind it is its breaker's business alone.</summary>
    Whole,

    /// <summary>The next model answers the question from its beginning. Of the primary at most reasoning is seen.</summary>
    NextStep,

    /// <summary>As <see cref="MidStreamPolicy"/> says: interrupted, or continued by the next model.</summary>
    Policy,

    /// <summary><see cref="ChatStreamInterruptedException"/> with what had arrived, whatever the policy.</summary>
    Interrupted,

    /// <summary>The primary's failure reaches the caller as it came: no other model is asked.</summary>
    ComesBack,

    /// <summary>It is the caller who ends it. Nobody is blamed, and no other model is asked.</summary>
    Ended,
}
