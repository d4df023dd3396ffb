using Microsoft.Extensions.AI;

namespace Resilient.Llm.Streams;

/// <summary>Turns a caller's messages, which may be enumerable only once, into a list that several attempts can read.</summary>
internal static class MessageList
{
    /// <summary>The same object if it is a list already, as always inside a ladder.</summary>
    public static IReadOnlyList<ChatMessage> Of(IEnumerable<ChatMessage> messages) =>
        messages as IReadOnlyList<ChatMessage> ?? [.. messages];

    public static StreamRequest In(StreamRequest request) =>
        request.Messages is IReadOnlyList<ChatMessage> ? request : request with { Messages = Of(request.Messages) };
}
