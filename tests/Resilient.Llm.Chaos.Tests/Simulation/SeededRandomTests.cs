namespace Resilient.Llm.Chaos.Tests;

public class SeededRandomTests
{
    [Fact]
    public void NextDouble_KnownSeed_IsWhatTheAlgorithmYieldsEverywhere()
    {
        var random = new SeededRandom(1234567);

        // The published first numbers of SplitMix64 for this seed.
        foreach (var expected in (ulong[])[6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821])
        {
            Assert.Equal((expected >> 11) * Math.Pow(2, -53), random.NextDouble());
        }
    }

    [Fact]
    public void For_APurpose_DoesNotDependOnWhatWasDrawn()
    {
        var (fresh, used) = (new SeededRandom(5), new SeededRandom(5));
        used.NextDouble();

        Assert.Equal(fresh.For("jitter").NextDouble(), used.For("jitter").NextDouble());
        Assert.NotEqual(fresh.For("jitter").NextDouble(), fresh.For("arrivals").NextDouble());
        Assert.NotEqual(fresh.For("jitter").NextDouble(), new SeededRandom(6).For("jitter").NextDouble());
    }

    [Fact]
    public void Distributions_ManyDraws_HaveTheirMeansAndSpreads()
    {
        const int Draws = 200_000;
        var random = new SeededRandom(1);

        double[] normal = [.. Enumerable.Range(0, Draws).Select(_ => random.NextNormal())];
        double[] exponential = [.. Enumerable.Range(0, Draws).Select(_ => random.NextExponential(3))];
        var counts = new int[7];
        for (var i = 0; i < Draws; i++)
        {
            counts[random.Next(7)]++;
        }

        // Five standard errors each.
        Assert.Equal(0, normal.Average(), 5 / Math.Sqrt(Draws));
        Assert.Equal(1, normal.Average(static x => x * x), 5 * Math.Sqrt(2.0 / Draws));
        Assert.Equal(3, exponential.Average(), 5 * 3 / Math.Sqrt(Draws));
        Assert.All(counts, static count => Assert.Equal(Draws / 7.0, count, 5 * Math.Sqrt(Draws / 7.0)));
    }

    [Fact]
    public void Next_NoCount_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new SeededRandom(1).Next(0));
}
