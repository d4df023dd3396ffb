namespace Resilient.Llm.Building;

/// <summary>Finds a ladder with a step that resolves to the ladder itself, which would recurse until the stack overflows.</summary>
internal sealed class LadderRecursion : IDisposable
{
    // Building is synchronous: a step that leads back here does so on this thread.
    [ThreadStatic]
    private static LadderRecursion? s_innermost;

    private readonly ResilientChatBuilder _builder;
    private readonly LadderRecursion? _outer;

    private LadderRecursion(ResilientChatBuilder builder, LadderRecursion? outer)
    {
        _builder = builder;
        _outer = outer;
    }

    public static LadderRecursion Enter(ResilientChatBuilder builder)
    {
        for (var scope = s_innermost; scope is not null; scope = scope._outer)
        {
            if (ReferenceEquals(scope._builder, builder))
            {
                throw new InvalidOperationException(
                    "A model of the ladder resolves to the ladder itself. "
                    + "AddResilientChat registers the ladder as IChatClient, AddKeyedResilientChat as the keyed IChatClient: "
                    + "register the provider's client under a key that no ladder has (AddKeyedSingleton<IChatClient>(\"name\", …)) "
                    + "and add it with AddModel(\"name\").");
            }
        }

        return s_innermost = new(builder, s_innermost);
    }

    public void Dispose() => s_innermost = _outer;
}
