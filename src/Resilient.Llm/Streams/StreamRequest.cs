using Microsoft.Extensions.AI;

namespace Resilient.Llm.Streams;

/// <summary>What a streaming decorator was called with, kept until it is enumerated.</summary>
internal sealed record StreamRequest(IChatClient Client, IEnumerable<ChatMessage> Messages, ChatOptions? Options, CancellationToken Token);
