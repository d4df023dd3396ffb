namespace Resilient.Llm;

/// <summary>What happens to a stream that breaks after its first content.</summary>
public enum MidStreamPolicy
{
    /// <summary>The caller gets a <see cref="ChatStreamInterruptedException"/> with what had arrived.</summary>
    Interrupt = 0,

    /// <summary>
    /// If the answer so far is plain prose, the next candidate continues it in the same message. Anything else interrupts: an open code
    /// block, a JSON format, a tool call, data.
    /// </summary>
    Continue,
}
