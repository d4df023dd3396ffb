using Microsoft.Extensions.AI;

namespace Resilient.Llm.ContractTests;

/// <summary>All that a caller got from one call: what arrived, and how it ended.</summary>
internal sealed record Heard(ChatResponse Response, Exception? Exception)
{
    /// <summary>How the call was answered; null when it was not.</summary>
    public ResilienceReport? Report => Exception is null ? Response.GetResilienceReport() : null;

    /// <summary>The updates of a stream, one by one.</summary>
    public IReadOnlyList<ChatResponseUpdate> Updates { get; init; } = [];

    public string Text => Response.Text;

    public string Reasoning => string.Concat(Contents.OfType<TextReasoningContent>().Select(static content => content.Text));

    public IEnumerable<AIContent> Contents => Response.Messages.SelectMany(static message => message.Contents);

    public IEnumerable<FunctionCallContent> ToolCalls => Contents.OfType<FunctionCallContent>();

    /// <summary>Asks, reads a stream to its end, and turns every ending into a value.</summary>
    public static Task<Heard> FromAsync(
        IChatClient client,
        bool streaming,
        ChatOptions? options = null,
        string question = "Hi",
        CancellationToken cancellationToken = default) =>
        FromMessageAsync(client, streaming, new ChatMessage(ChatRole.User, question), options, cancellationToken);

    /// <inheritdoc cref="FromAsync"/>
    public static Task<Heard> FromMessageAsync(
        IChatClient client, bool streaming, ChatMessage question, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = streaming
            ? StreamAsync(client, options, question, cancellationToken)
            : PlainAsync(client, options, question, cancellationToken);
        return call.Soon();
    }

    /// <summary>What a caller has who read these updates himself.</summary>
    public static Heard Of(List<ChatResponseUpdate> updates, Exception? exception) => new(updates.ToChatResponse(), exception) { Updates = updates };

    private static async Task<Heard> PlainAsync(
        IChatClient client, ChatOptions? options, ChatMessage question, CancellationToken cancellationToken)
    {
        try
        {
            return new(await client.GetResponseAsync(question, options, cancellationToken), null);
        }
        catch (Exception exception)
        {
            return new(new(), exception);
        }
    }

    private static async Task<Heard> StreamAsync(
        IChatClient client, ChatOptions? options, ChatMessage question, CancellationToken cancellationToken)
    {
        var updates = new List<ChatResponseUpdate>();
        Exception? thrown = null;
        try
        {
            await foreach (var update in client.GetStreamingResponseAsync(question, options, cancellationToken))
            {
                updates.Add(update);
            }
        }
        catch (Exception exception)
        {
            thrown = exception;
        }

        return Of(updates, thrown);
    }
}
