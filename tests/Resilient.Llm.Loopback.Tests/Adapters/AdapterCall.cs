using Microsoft.Extensions.AI;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>What one call through an official adapter came to, plain and streamed in the same terms.</summary>
internal sealed class AdapterCall
{
    public List<AIContent> Contents { get; } = [];

    /// <summary>The messages as a caller puts them into the history. Empty when the call failed.</summary>
    public IList<ChatMessage> Messages { get; private set; } = [];

    public string Text => string.Concat(Contents.OfType<TextContent>().Select(static content => content.Text));

    public ChatFinishReason? FinishReason { get; private set; }

    public string? ConversationId { get; private set; }

    /// <summary>The raw representation of the answer, or of the last update.</summary>
    public object? Raw { get; private set; }

    public AdditionalPropertiesDictionary? AdditionalProperties { get; private set; }

    public Exception? Exception { get; private set; }

    public static Task<AdapterCall> OfAsync(IChatClient client, bool streaming, ChatOptions? options = null) =>
        OfAsync(client, streaming, [new(ChatRole.User, "Hi")], options);

    public static async Task<AdapterCall> OfAsync(
        IChatClient client,
        bool streaming,
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var call = new AdapterCall();
        try
        {
            await (streaming
                ? call.ReadAsync(client.GetStreamingResponseAsync(messages, options, cancellationToken))
                : call.ReadAsync(client.GetResponseAsync(messages, options, cancellationToken))).Soon();
        }
        catch (Exception e)
        {
            call.Exception = e;
        }

        return call;
    }

    private async Task ReadAsync(Task<ChatResponse> answer)
    {
        var response = await answer;
        Contents.AddRange(response.Messages.SelectMany(static message => message.Contents));
        Messages = response.Messages;
        FinishReason = response.FinishReason;
        ConversationId = response.ConversationId;
        Raw = response.RawRepresentation;
        AdditionalProperties = response.AdditionalProperties;
    }

    private async Task ReadAsync(IAsyncEnumerable<ChatResponseUpdate> stream)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in stream)
        {
            updates.Add(update);
            Contents.AddRange(update.Contents);
            FinishReason = update.FinishReason ?? FinishReason;
            ConversationId = update.ConversationId ?? ConversationId;
            Raw = update.RawRepresentation ?? Raw;
        }

        var response = updates.ToChatResponse();
        Messages = response.Messages;
        AdditionalProperties = response.AdditionalProperties;
    }
}
