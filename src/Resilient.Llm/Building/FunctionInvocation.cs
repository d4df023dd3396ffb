using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>
/// Finds clients that invoke functions below the ladder: the functions would run again at every retry, and again at the next model.
/// </summary>
internal static class FunctionInvocation
{
    public static void Warn(ChatEvents events, Endpoint endpoint, IChatClient client)
    {
        // By name: the type lives in a package that this one does not need.
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
