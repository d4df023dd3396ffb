using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>The protocols of one provider, by path. They share its memory.</summary>
internal sealed class Wires(ProviderMemory memory)
{
    private const string AzureDeployments = "/openai/deployments/";
    private const string ChatCompletions = "/chat/completions";

    private readonly AnthropicWire _anthropic = new(memory);
    private readonly OpenAIWire _openAI = new();
    private readonly ResponsesWire _responses = new(memory);
    private readonly OllamaWire _ollama = new();
    private readonly AzureWire _azure = new();

    public Wire? For(PathString path) => path.Value switch
    {
        "/v1/messages" => _anthropic,
        "/v1/chat/completions" => _openAI,
        "/v1/responses" => _responses,
        "/api/chat" => _ollama,
        { } value when IsDeployment(value) => _azure,
        _ => null,
    };

    private static bool IsDeployment(string path) =>
        path.StartsWith(AzureDeployments, StringComparison.Ordinal) && path.EndsWith(ChatCompletions, StringComparison.Ordinal);
}
