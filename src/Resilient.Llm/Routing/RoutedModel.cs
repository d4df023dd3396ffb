using Resilient.Llm.Endpoints;

namespace Resilient.Llm.Routing;

/// <summary>A model with several endpoints, and the strategy that orders them.</summary>
/// <remarks>Thread-safe if the strategy is.</remarks>
internal sealed class RoutedModel
{
    private readonly RoutingStrategy _strategy;
    private readonly RoutedEndpoint[] _endpoints;
    private readonly int _start;
    private readonly EndpointRoutingContext _plain;
    private readonly EndpointRoutingContext _streaming;

    /// <summary>
    /// The model's endpoints begin at <paramref name="start"/> in the ladder. Region and geography are the application's.
    /// </summary>
    public RoutedModel(
        RoutingStrategy strategy, Step[] steps, int start, int count, string? region, string? geography, Func<double> randomness)
    {
        _strategy = strategy;
        _start = start;
        _endpoints = [.. steps.Skip(start).Take(count).Select(static step => new RoutedEndpoint(step))];
        _plain = new(region, geography, false, randomness, static endpoint => endpoint.Step?.Latency?.Average(isStreaming: false));
        _streaming = new(region, geography, true, randomness, static endpoint => endpoint.Step?.Latency?.Average(isStreaming: true));
    }

    /// <summary>
    /// Orders the model's endpoints for one request: by health first, then by session, then by strategy. A recovered endpoint stays behind
    /// its healthy siblings for the failback delay (in timestamp units).
    /// </summary>
    /// <exception cref="InvalidOperationException">The strategy lost an endpoint, or brought one that is not the model's.</exception>
    public void Order(Step[] steps, bool isStreaming, string? sessionKey, TimeProvider clock, long failbackDelay)
    {
        RoutedEndpoint[] order = [.. _endpoints];
        var putsTrialsFirst = false;
        if (sessionKey is null || _strategy.IsSteady)
        {
            _strategy.Order(order, isStreaming ? _streaming : _plain);
            putsTrialsFirst = _strategy.PutsTrialsFirst;
        }
        else
        {
            SessionAffinity.Order(order, sessionKey);
        }

        for (var i = 0; i < order.Length; i++)
        {
            // Strategies may be shared between models and ladders: a foreign endpoint is as wrong here as a duplicate.
            if (Array.IndexOf(_endpoints, order[i]) < 0 || Array.IndexOf(order, order[i], 0, i) >= 0)
            {
                throw new InvalidOperationException(
                    $"The routing strategy {_strategy.GetType().Name} of model '{_endpoints[0].Step!.Name}' lost an endpoint. "
                    + "It must only change the order of those it is given.");
            }

            steps[_start + i] = order[i].Step!;
        }

        SortByHealth(steps.AsSpan(_start, order.Length), clock, failbackDelay, putsTrialsFirst);
    }

    /// <summary>
    /// Moves unhealthy endpoints behind healthy ones; otherwise the order stays. One whose break is over keeps its place if it would be
    /// asked first: the request that gets its probe permit asks it there, which is how recovery is noticed. Elsewhere it would only be in
    /// the way of hedges. A strategy that goes by traffic would never ask it first, so it is put there.
    /// </summary>
    private static void SortByHealth(Span<Step> steps, TimeProvider clock, long failbackDelay, bool putsTrialsFirst)
    {
        Span<Health> healths = steps.Length <= 16 ? stackalloc Health[steps.Length] : new Health[steps.Length];
        var hasFirst = false;
        for (var i = 0; i < steps.Length; i++)
        {
            var (step, health) = (steps[i], HealthOf(steps[i], clock, failbackDelay));
            if (health == Health.BreakIsOver && (putsTrialsFirst || !hasFirst))
            {
                // Only one of them: a second would be in the way of hedges.
                health = putsTrialsFirst ? Health.OnTrial : Health.Well;
                putsTrialsFirst = false;
            }

            hasFirst |= health <= Health.Well;
            var place = i;
            for (; place > 0 && healths[place - 1] > health; place--)
            {
                healths[place] = healths[place - 1];
                steps[place] = steps[place - 1];
            }

            healths[place] = health;
            steps[place] = step;
        }
    }

    private static Health HealthOf(Step step, TimeProvider clock, long failbackDelay)
    {
        var availability = step.Check();
        return !availability.IsAvailable ? Health.Unavailable
            : availability.NeedsReservation ? Health.BreakIsOver
            : availability.RecoveredAt is { } since && clock.GetTimestamp() - since < failbackDelay ? Health.Recovering
            : Health.Well;
    }

    private enum Health : byte
    {
        OnTrial,
        Well,
        Recovering,
        BreakIsOver,
        Unavailable,
    }
}
