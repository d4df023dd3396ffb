using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace Resilient.Llm.Loopback;

/// <summary>
/// The field <c>reasoning_content</c>, in which compatible servers send reasoning. The SDK has no property for it but keeps what it
/// does not know.
/// </summary>
internal static class OpenAIReasoning
{
#pragma warning disable SCME0001 // The patch is still marked experimental.
    public static TextReasoningContent? Of(StreamingChatCompletionUpdate update) =>
        update.Patch.TryGetValue("$.choices[0].delta.reasoning_content"u8, out string? text) ? Content(text) : null;

    public static TextReasoningContent? Of(ChatCompletion completion) =>
        completion.Patch.TryGetValue("$.choices[0].message.reasoning_content"u8, out string? text) ? Content(text) : null;
#pragma warning restore SCME0001

    private static TextReasoningContent? Content(string? text) => string.IsNullOrEmpty(text) ? null : new(text);
}
