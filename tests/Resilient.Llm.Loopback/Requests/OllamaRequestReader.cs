using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>Ollama: as Chat Completions, with other names for what it adds.</summary>
internal sealed class OllamaRequestReader : ChatRequestReader
{
    public override IReadOnlyList<ReceivedReasoning> Reasoning(IReadOnlyList<JsonElement> input) =>
        [.. input.Select(static message => message.Text("thinking")).Where(static text => text.Length > 0)
            .Select(static text => new ReceivedReasoning(text, "", ""))];

    public override bool WantsReasoning(JsonElement body) =>
        body.Find("think") is { ValueKind: JsonValueKind.True or JsonValueKind.String };
}
