namespace Resilient.Llm.Tests;

/// <summary>The active probes of one ladder. Each ladder has a prompt of its own for them, by which its providers know who asks.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Bounds">Where they may go, on top of the ladder's policy.</param>
/// <param name="Outer">The endpoint that the ladder stands behind; null for the world's own.</param>
internal sealed record WorldProbes(string Prompt, Bounds Bounds, WorldPlace? Outer)
{
    private const string Prefix = "Are you there, says ladder";

    /// <summary>Whether a prompt is that of some probe.</summary>
    public static bool IsPrompt(string prompt) => prompt.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>From a draw of the ladder's own: worlds without probes are to go on telling their stories.</summary>
    public static WorldProbes From(Draw draw, WorldPlace? outer, int number) => new(
        $"{Prefix} {number}?", draw.Chance(0.4) ? Bounds.From(draw) : Bounds.Anywhere, outer);

    /// <summary>Whether they may go there by what the ladder knows when it chooses. What an outer ladder is bound to concerns its requests, and these are none.</summary>
    public bool MayChoose(WorldPlace place) => place.Outer == Outer && place.Policy.And(Bounds).Allows(place.Geography);

    /// <summary>The same with what a client between the ladder and the endpoint says.</summary>
    public bool MayReach(WorldPlace place) => MayChoose(place) && place.Between.Allows(place.Geography);

    public void Apply(ResilientChatBuilder builder, Draw draw) => builder.WithActiveProbes(options =>
    {
        options.Prompt = Prompt;
        options.Residency = Bounds.ToResidency(draw);
        options.UseStreaming = draw.Chance(0.5);
        options.ProbeIdleEndpoints = draw.Chance(0.5);
        options.MaxProbesPerMinute = draw.One(1, 5, 100);
        options.Timeout = draw.Time(500, 10_000);

        // Long ones: half a day may pass between two requests, and nobody learns anything from the thousandth look.
        options.Interval = draw.One(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(30));
        options.IdleAfter = draw.One(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(30));
    });
}
