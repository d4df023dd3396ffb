using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>As much of Microsoft's ChatClientBuilder, which lives in a package of its own, as its users write: the first one added is outermost.</summary>
internal sealed class MiniChatClientBuilder(IChatClient inner)
{
    private readonly List<Func<IChatClient, IChatClient>> _factories = [];

    public MiniChatClientBuilder Use(Func<IChatClient, IChatClient> factory)
    {
        _factories.Add(factory);
        return this;
    }

    public IChatClient Build() => Enumerable.Reverse(_factories).Aggregate(inner, static (client, factory) => factory(client));
}
