using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Middleware of an application that changes nothing.</summary>
internal sealed class PassingClient(IChatClient inner) : DelegatingChatClient(inner);
