using Microsoft.Extensions.AI;

namespace Resilient.Llm.Streams;

/// <summary>Makes a caller's sequence of messages, which may be enumerable only once, one that several attempts can read.</summary>
internal static class MessageList
{
    /// <summary>The sequence itself where it is a list already, as it always is inside a ladder.</summary>
    public static IReadOnlyList<ChatMessage> Of(IEnumerable<ChatMessage> messages) =>
        messages as IReadOnlyList<ChatMessage> ?? [.. messages];

    public static StreamRequest In(StreamRequest request) =>
        request.Messages is IReadOnlyList<ChatMessage> ? request : request with { Messages = Of(request.Messages) };
}
