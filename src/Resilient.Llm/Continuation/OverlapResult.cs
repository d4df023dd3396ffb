namespace Resilient.Llm.Continuation;

/// <summary>The verdict of an <see cref="OverlapTrimmer"/> on a continuation so far.</summary>
internal enum OverlapResult
{
    /// <summary>Not decided: the text is held.</summary>
    Pending,

    /// <summary>It fits. Its text is released, without what the caller already has.</summary>
    Joined,

    /// <summary>It does not fit: it starts the answer over, or talks about itself. Nothing of it may reach the caller.</summary>
    Unfit,
}
