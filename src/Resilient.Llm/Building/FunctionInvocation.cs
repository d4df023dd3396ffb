using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>Finds clients below the ladder that invoke functions: every retry and every next model would run the functions again.</summary>
internal static class FunctionInvocation
{
    public static void Warn(ChatEvents events, Endpoint endpoint, IChatClient client)
    {
        if (client.GetService<FunctionInvokingChatClient>() is not null)
        {
            events.FunctionInvocationBelow(endpoint);
        }
    }
}
