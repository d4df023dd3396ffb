using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <summary>What an answer brings that belongs to the provider that made it, before the caller gets it.</summary>
internal static class ProviderState
{
    /// <summary>Hides or notes the conversation id, and marks what the author must get back.</summary>
    public static void Settle(FallbackRequest request, ChatResponse response, Step author)
    {
        ConversationIds.Settle(request, response, author);
        TurnMarks.Write(request, response, author);
    }
}
