namespace Resilient.Llm.Continuation;

/// <summary>What a <see cref="OverlapTrimmer"/> has made of a continuation so far.</summary>
internal enum OverlapResult
{
    /// <summary>Not decided: what came is held.</summary>
    Pending,

    /// <summary>It fits. Its text goes on, without what the caller has already.</summary>
    Joined,

    /// <summary>It does not fit: it starts the answer over, or talks about itself. Nothing of it may reach the caller.</summary>
    Unfit,
}
