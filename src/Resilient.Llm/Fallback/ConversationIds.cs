using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Fallback;

/// <summary>What becomes of the conversation id that a provider adds to an answer.</summary>
/// <remarks>
/// A caller who gets an id sends only what is new from then on, and is bound to the endpoint that gave it. One who sent no id gets none,
/// unless the ladder keeps them. Changed in place: some providers name the id in every update.
/// </remarks>
internal static class ConversationIds
{
    /// <summary>Hides the id of a whole answer, or notes who holds the conversation.</summary>
    public static void Settle(FallbackRequest request, ChatResponse response, Step holder)
    {
        if (response.ConversationId is null)
        {
            return;
        }

        if (request.HidesConversationId)
        {
            response.ConversationId = null;
        }
        else
        {
            Note(request, response.ConversationId, holder);
        }
    }

    /// <summary>Hides the id of one update.</summary>
    public static void Hide(FallbackRequest request, ChatResponseUpdate update)
    {
        if (update.ConversationId is not null && request.HidesConversationId)
        {
            update.ConversationId = null;
        }
    }

    /// <summary>Notes the endpoint that gave an id: later requests of that conversation go to it.</summary>
    public static void Note(FallbackRequest request, string? conversationId, Step holder)
    {
        if (conversationId is not null && !request.HidesConversationId)
        {
            request.Chain.Conversations?.Note(conversationId, holder);
        }
    }
}
