using System.Text.Json;

namespace Resilient.Llm.Loopback;

/// <summary>What the Responses API demands of its input: ids that it knows, reasoning that it made, whole tool turns.</summary>
internal static class ResponsesInput
{
    public static WireError? Refuse(ReceivedRequest request, ProviderMemory memory)
    {
        if (request.PreviousResponseId is { } previous && !memory.Responses.KnowsResponse(previous))
        {
            return Refusal(
                400, $"Previous response with id '{previous}' not found.", "previous_response_id", "previous_response_not_found");
        }

        if (request.ConversationId is { } conversation && !memory.Responses.KnowsConversation(conversation))
        {
            return Refusal(404, $"Conversation with id '{conversation}' not found.", "conversation", "not_found");
        }

        IReadOnlyList<JsonElement> whole = [.. request.Kept, .. request.Input];
        for (var i = 0; i < whole.Count; i++)
        {
            if ((RefuseReasoning(whole, i, memory) ?? RefuseWithoutReasoning(whole, i, memory) ?? RefuseToolTurn(whole, i)) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private static WireError? RefuseReasoning(IReadOnlyList<JsonElement> items, int index, ProviderMemory memory)
    {
        var item = items[index];
        if (item.Text("type") != "reasoning")
        {
            return null;
        }

        var id = item.Text("id");
        if (item.Text("encrypted_content") is { Length: > 0 } encrypted)
        {
            return memory.CanDecrypt(encrypted) ? null : Refusal(
                400,
                $"The encrypted content for item {id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
                null,
                "invalid_encrypted_content");
        }

        return (id, memory.Responses.Item(id)) switch
        {
            ("", _) => Refusal(
                400, $"Missing required parameter: 'input[{index}].id'.", $"input[{index}].id", "missing_required_parameter"),
            (_, null) => Refusal(404, $"Item with id '{id}' not found.", "input", null),
            (_, { IsStored: false }) => Refusal(
                404,
                $"Item with id '{id}' not found. Items are not persisted when `store` is set to false. "
                    + "Try again with `store` set to true, or remove this item from your input.",
                "input",
                null),
            _ when index + 1 == items.Count || !IsOutput(items[index + 1]) => Refusal(
                400, $"Item '{id}' of type 'reasoning' was provided without its required following item.", "input", null),
            _ => null,
        };
    }

    /// <summary>An item is tied to its reasoning by its id. Without an id it is a new item, of which nothing is demanded.</summary>
    private static WireError? RefuseWithoutReasoning(IReadOnlyList<JsonElement> items, int index, ProviderMemory memory)
    {
        var id = items[index].Text("id");
        if (memory.Responses.Item(id)?.ReasoningId is not { } reasoning
            || items.Take(index).Any(item => item.Text("type") == "reasoning" && (item.Text("id") is "" || item.Text("id") == reasoning)))
        {
            return null;
        }

        return Refusal(
            400,
            $"Item '{id}' of type '{items[index].Text("type")}' was provided without its required 'reasoning' item: '{reasoning}'.",
            "input",
            null);
    }

    private static WireError? RefuseToolTurn(IReadOnlyList<JsonElement> items, int index)
    {
        var call = items[index].Text("call_id");
        return items[index].Text("type") switch
        {
            "function_call_output" when !Has(items.Take(index), "function_call", call) =>
                Refusal(400, $"No tool call found for function call output with call_id {call}.", "input", null),
            "function_call" when !Has(items.Skip(index), "function_call_output", call) =>
                Refusal(400, $"No tool output found for function call {call}.", "input", null),
            _ => null,
        };
    }

    private static bool Has(IEnumerable<JsonElement> items, string type, string call) =>
        items.Any(item => item.Text("type") == type && item.Text("call_id") == call);

    private static bool IsOutput(JsonElement item) =>
        item.Text("role") == "assistant"
        || (item.Text("role").Length == 0 && !item.Text("type").EndsWith("_output", StringComparison.Ordinal));

    private static WireError Refusal(int status, string message, string? param, string? code) =>
        new(status, OpenAIErrors.Body(message, "invalid_request_error", param, code));
}
