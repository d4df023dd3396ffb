using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A conversation that a provider keeps.</summary>
/// <param name="Id">As the provider gave it.</param>
/// <param name="Holder">Who keeps it.</param>
internal sealed record WorldConversation(string Id, WorldPlace Holder);

/// <summary>What the application's resolver says of one request.</summary>
/// <param name="Bounds">Null: it does not know.</param>
/// <param name="Throws">How it shows that.</param>
/// <param name="Residency">The same for the library.</param>
internal readonly record struct ResolverAnswer(Bounds? Bounds, bool Throws, DataResidency? Residency)
{
    public static ResolverAnswer From(Draw draw)
    {
        if (draw.Chance(0.3))
        {
            return new(null, draw.Chance(0.5), null);
        }

        var bounds = draw.Chance(0.2) ? Tests.Bounds.Anywhere : Tests.Bounds.From(draw);
        return new(bounds, false, bounds.ToResidency(draw));
    }

    public DataResidency? Resolve() => Throws ? throw new InvalidOperationException("nobody is logged in") : Residency;
}

/// <summary>What a request holds that not every model can deal with.</summary>
internal static class WorldNeeds
{
    public static DataContent Image { get; } = new(new byte[] { 1, 2, 3 }, "image/png");

    public static JsonElement Schema { get; } = JsonSerializer.SerializeToElement(new { type = "object" });
}
