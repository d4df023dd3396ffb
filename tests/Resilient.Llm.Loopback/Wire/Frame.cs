namespace Resilient.Llm.Loopback;

/// <summary>One server-sent event, ready to send, with its place in the answer.</summary>
internal readonly record struct Frame(FrameKind Kind, byte[] Bytes);

internal enum FrameKind
{
    /// <summary>Roles, ids, block openings, reasoning: everything a fault "before content" lets through.</summary>
    Preamble,

    /// <summary>A tool that the provider runs itself is done. It precedes content like <see cref="Preamble"/>.</summary>
    HostedToolEnd,

    /// <summary>A piece of what the caller asked for.</summary>
    Content,

    /// <summary>The end of a block of content. Where it ends a tool call, the call is whole from here on.</summary>
    BlockEnd,

    /// <summary>The finish reason.</summary>
    Finish,

    /// <summary>What comes behind the finish reason: usage, closing events.</summary>
    End,
}
