namespace Resilient.Llm.Chaos.Simulation;

internal sealed class PoissonArrivals(double perSecond, ChatSize[] sizes) : ChatArrivals
{
    public override IEnumerable<ChatArrival> Draw(TimeWindow window, SeededRandom random)
    {
        for (var at = window.Start + Gap(); at < window.End; at += Gap())
        {
            yield return new(at, sizes[random.Next(sizes.Length)]);
        }

        TimeSpan Gap() => TimeSpan.FromSeconds(random.NextExponential(1 / perSecond));
    }
}
