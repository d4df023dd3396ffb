namespace Resilient.Llm;

/// <summary>What happens to a stream that breaks after its first content.</summary>
public enum MidStreamPolicy
{
    /// <summary>The caller gets a <see cref="ChatStreamInterruptedException"/> with what had arrived.</summary>
    Interrupt = 0,

    /// <summary>
    /// Where the answer is plain prose so far, the next candidate is given it and asked to go on; its text follows in the same message.
    /// Everything else interrupts: an open code block, a JSON format, a tool call, data.
    /// </summary>
    Continue,
}
