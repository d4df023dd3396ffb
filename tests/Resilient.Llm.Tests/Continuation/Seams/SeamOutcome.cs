namespace Resilient.Llm.Tests;

/// <summary>What a reader has of a broken answer in the end.</summary>
internal enum SeamOutcome
{
    /// <summary>The whole text, as it would have been without the break.</summary>
    Correct,

    /// <summary>What had arrived, and an exception that says so.</summary>
    Interrupted,

    /// <summary>Something else, with words lost, repeated, glued together, or not the answer's.</summary>
    Bad,
}
