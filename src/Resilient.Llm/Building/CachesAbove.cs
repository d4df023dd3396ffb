using Microsoft.Extensions.AI;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm.Building;

/// <summary>Finds caches above a ladder that store whatever they get, the apology of a last resort too.</summary>
/// <remarks>Caches around one endpoint stand below: they get only what a model answered.</remarks>
internal static class CachesAbove
{
    /// <summary>Warns of a cache that <paramref name="above"/> has and <paramref name="below"/>, what it was put around, has not.</summary>
    public static void Warn(ChatEvents events, IChatClient above, IChatClient below)
    {
        if (above.GetService<CachingChatClient>() is { } cache && !ReferenceEquals(cache, below.GetService<CachingChatClient>()))
        {
            events.CacheAbove(cache.GetType().Name);
        }
    }
}
