using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>What a model can do beyond text, and what a request needs.</summary>
[Flags]
public enum ChatCapabilities
{
    /// <summary>Text alone.</summary>
    None = 0,

    /// <summary>Tool calls. Needed if the request offers tools and its tool mode is not <see cref="ChatToolMode.None"/>.</summary>
    Tools = 1,

    /// <summary>Images. Needed if a message holds an image.</summary>
    Vision = 2,

    /// <summary>JSON answers. Needed if the response format is JSON, with or without a schema.</summary>
    StructuredOutput = 4,

    /// <summary>All of these.</summary>
    All = Tools | Vision | StructuredOutput,
}
