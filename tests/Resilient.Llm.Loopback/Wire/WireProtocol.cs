namespace Resilient.Llm.Loopback;

/// <summary>The wire protocols that <see cref="LoopbackProvider"/> speaks.</summary>
public enum WireProtocol
{
    /// <summary>Anthropic Messages: <c>POST /v1/messages</c>.</summary>
    Anthropic,

    /// <summary>OpenAI Chat Completions: <c>POST /v1/chat/completions</c>.</summary>
    OpenAI,
}
