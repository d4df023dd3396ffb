using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Building;

/// <summary>The clients of the application around an endpoint's guard, added with <c>UseInnermost</c>, outermost first.</summary>
internal sealed class InnermostClients
{
    public List<Func<IChatClient, ChatEndpointInfo, IServiceProvider, IChatClient>> All { get; } = [];
}

/// <summary>The application's clients where calls leave the ladder. The description names their types.</summary>
internal sealed class InnermostLayer() : ConfiguredLayer<InnermostClients>(section: null)
{
    protected override int CountOwnCode(InnermostClients options) => options.All.Count;

    protected override LayeredClient Wrap(IChatClient client, InnermostClients options, EndpointParts parts)
    {
        var endpoint = parts.Endpoint;
        var info = new ChatEndpointInfo(endpoint.Model, endpoint.Name ?? endpoint.Model, endpoint.Region, endpoint.Geography);
        var types = new List<string>();
        for (var i = options.All.Count - 1; i >= 0; i--)
        {
            var inner = client;
            client = options.All[i](inner, info, parts.Services) ?? throw new InvalidOperationException(
                $"Model '{endpoint.Model}': a function given to UseInnermost returned null. "
                + "Return the client that wraps the given one, or the given one itself.");

            // One that is already in the chain returns the client that it was given.
            if (!ReferenceEquals(client, inner))
            {
                types.Insert(0, client.GetType().Name);
            }
        }

        return new(client, types.Count == 0 ? null : $"innermost: {string.Join(", ", types)}");
    }
}
