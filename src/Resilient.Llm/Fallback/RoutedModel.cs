namespace Resilient.Llm;

/// <summary>A model with several endpoints, and who says in which order they are asked.</summary>
/// <remarks>Thread-safe if the strategy is.</remarks>
internal sealed class RoutedModel
{
    private readonly RoutingStrategy _strategy;
    private readonly RoutedEndpoint[] _endpoints;
    private readonly int _start;
    private readonly RoutingContext _plain;
    private readonly RoutingContext _streaming;

    /// <param name="strategy">The strategy.</param>
    /// <param name="rungs">The whole ladder.</param>
    /// <param name="start">Where the model's endpoints begin in it.</param>
    /// <param name="count">How many they are.</param>
    /// <param name="region">Where the application runs; null when undeclared.</param>
    /// <param name="geography">The geography in which it runs; null when undeclared.</param>
    /// <param name="randomness">Chance.</param>
    public RoutedModel(RoutingStrategy strategy, Rung[] rungs, int start, int count, string? region, string? geography, Func<double> randomness)
    {
        _strategy = strategy;
        _start = start;
        _endpoints = [.. rungs.Skip(start).Take(count).Select(static rung => new RoutedEndpoint(rung))];
        _plain = new(region, geography, false, randomness, static endpoint => endpoint.Rung?.Latency?.Average(isStreaming: false));
        _streaming = new(region, geography, true, randomness, static endpoint => endpoint.Rung?.Latency?.Average(isStreaming: true));
    }

    /// <summary>Puts the model's endpoints, where they stand among the rungs, into the order for one request.</summary>
    /// <exception cref="InvalidOperationException">The strategy lost an endpoint, or brought one that is not the model's.</exception>
    public void Order(Rung[] rungs, bool isStreaming)
    {
        RoutedEndpoint[] order = [.. _endpoints];
        _strategy.Order(order, isStreaming ? _streaming : _plain);
        for (var i = 0; i < order.Length; i++)
        {
            if (order[i]?.Rung is not { } rung || Array.IndexOf(order, order[i], 0, i) >= 0)
            {
                throw new InvalidOperationException(
                    $"The routing strategy {_strategy.GetType().Name} of model '{_endpoints[0].Rung!.Name}' lost an endpoint. It must only change the order of those it is given.");
            }

            rungs[_start + i] = rung;
        }
    }
}
