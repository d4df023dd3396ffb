using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Building;

/// <summary>The clients of the application around an endpoint's client, added with <c>Use</c>, outermost first.</summary>
internal sealed class OwnClients
{
    public List<Func<IChatClient, IServiceProvider, IChatClient>> All { get; } = [];
}

/// <summary>The application's clients inside every policy.</summary>
internal sealed class OwnClientLayer() : ConfiguredLayer<OwnClients>(section: null)
{
    protected override int CountOwnCode(OwnClients options) => options.All.Count;

    protected override LayeredClient Wrap(IChatClient client, OwnClients options, EndpointParts parts)
    {
        for (var i = options.All.Count - 1; i >= 0; i--)
        {
            client = options.All[i](client, parts.Services) ?? throw new InvalidOperationException(
                $"Model '{parts.Endpoint.Model}': a function given to Use returned null. Return the client that wraps the given one.");
        }

        return new(client, options.All.Count == 0 ? null : FormattableString.Invariant($"clients of the application: {options.All.Count}"));
    }
}
