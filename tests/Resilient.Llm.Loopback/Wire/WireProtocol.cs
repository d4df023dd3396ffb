namespace Resilient.Llm.Loopback;

/// <summary>The wire protocols that <see cref="LoopbackProvider"/> speaks.</summary>
public enum WireProtocol
{
    /// <summary>Anthropic Messages: <c>POST /v1/messages</c>.</summary>
    Anthropic,

    /// <summary>OpenAI Chat Completions: <c>POST /v1/chat/completions</c>.</summary>
    OpenAI,

    /// <summary>OpenAI Responses: <c>POST /v1/responses</c>.</summary>
    Responses,

    /// <summary>Ollama: <c>POST /api/chat</c>, newline-delimited JSON.</summary>
    Ollama,

    /// <summary>Chat Completions of Azure OpenAI: <c>POST /openai/deployments/{deployment}/chat/completions</c>.</summary>
    Azure,
}
