using Microsoft.Extensions.AI;

namespace Resilient.Llm.Fallback;

/// <summary>Removes from options what must not reach another provider: model ids, raw requests, conversation state.</summary>
internal static class ProviderFields
{
    public static void Strip(ChatOptions options)
    {
        options.ModelId = null;
        options.RawRepresentationFactory = null;
        options.ConversationId = null;
        options.ContinuationToken = null;
        options.AllowBackgroundResponses = null;
    }

    /// <summary>Switches reasoning off, for a call whose reasoning the endpoint does not get.</summary>
    /// <remarks>
    /// Claude refuses such a call while reasoning is on. Some models refuse to be told that it is off. So a request that asks for reasoning
    /// asks for none, one that does not stays as it is, and an endpoint that refuses is asked once more the other way, without raw options.
    /// </remarks>
    /// <param name="options">A private copy.</param>
    /// <param name="isAgain">Whether the endpoint has refused the first way.</param>
    public static void SwitchReasoningOff(ChatOptions options, bool isAgain)
    {
        var asksForReasoning = options.Reasoning is { Effort: not ReasoningEffort.None };
        if (asksForReasoning != isAgain)
        {
            options.Reasoning = new() { Effort = ReasoningEffort.None };
        }
        else if (asksForReasoning)
        {
            options.Reasoning = null;
        }

        if (isAgain)
        {
            options.RawRepresentationFactory = null;
        }
    }
}
