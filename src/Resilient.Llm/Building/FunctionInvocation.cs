using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>Finds clients below the ladder that invoke functions: every retry and every next model would run the functions again.</summary>
internal static class FunctionInvocation
{
    public static void Warn(ChatEvents events, Endpoint endpoint, IChatClient client)
    {
        // By name: the type is in a package that this one does not need.
        for (var type = client.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == "Microsoft.Extensions.AI.FunctionInvokingChatClient")
            {
                events.FunctionInvocationBelow(endpoint);
                return;
            }
        }
    }
}
