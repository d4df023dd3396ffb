namespace Resilient.Llm.Tests;

/// <summary>A place that data of requests can reach: a provider, a store, a search.</summary>
/// <param name="Name">For the story.</param>
/// <param name="Geography">Where it lies; null where nobody said so.</param>
/// <param name="Outer">The endpoint that it stands behind, where its ladder is a model of another one.</param>
internal sealed record WorldPlace(string Name, string? Geography, WorldPlace? Outer = null)
{
    /// <summary>What binds calls that come this way on top of the request: the policy of an inner ladder.</summary>
    public Bounds Policy { get; init; }

    /// <summary>What a client between the ladder and the provider adds.</summary>
    public Bounds Between { get; init; }

    /// <summary>Whether its ladder, or one around that, stands behind a client that hides it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>Whether its model is declared to share what the first model of its ladder holds.</summary>
    public bool AcceptsProviderFields { get; init; }

    public ChatCapabilities Capabilities { get; init; } = ChatCapabilities.All;

    /// <summary>Whether all models on the way here can do this.</summary>
    public bool CanAll(ChatCapabilities needs) => (needs & ~Capabilities) == 0 && Outer?.CanAll(needs) != false;

    /// <summary>Whether a conversation that was begun there may be gone on with here: there alone, or where somebody declared that state is shared.</summary>
    public bool MayKnow(WorldPlace holder)
    {
        var (here, there) = (Way(), holder.Way());
        for (var i = 0; i < Math.Min(here.Count, there.Count); i++)
        {
            if (here[i].Name != there[i].Name)
            {
                return here[i].AcceptsProviderFields;
            }
        }

        return true;
    }

    /// <summary>Whether data bound like this may be here, by what the ladder knows when it chooses.</summary>
    public bool MayBeChosenFor(Bounds bounds) => bounds.And(OnTheWay()).Allows(Geography) && Outer?.MayBeReachedBy(bounds) != false;

    /// <summary>Whether data bound like this may be here, by everything that was said on the way.</summary>
    public bool MayBeReachedBy(Bounds bounds) => bounds.And(Everything()).Allows(Geography) && Outer?.MayBeReachedBy(bounds) != false;

    /// <summary>All that binds on the way here, on top of the request.</summary>
    public Bounds Everything() => OnTheWay().And(Between);

    /// <summary>The same without what is said behind the ladder's choice.</summary>
    public Bounds OnTheWay() => Outer is null ? Policy : Policy.And(Outer.Everything());

    private List<WorldPlace> Way() => [.. Outer?.Way() ?? [], this];

    public override string ToString() => $"{(Outer is null ? "" : $"{Outer.Name}>")}{Name}({Geography ?? "undeclared"}{(Between.IsAnywhere ? "" : $", narrowed to {Between}")})";
}
