namespace Resilient.Llm.Chaos;

/// <summary>Chance that is the same in every run, on every machine.</summary>
/// <remarks>
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): 64 bits of state, good enough for simulations, not for secrets.
/// <see cref="System.Random"/> with a seed may yield other numbers with another version of .NET. Not thread-safe.
/// </remarks>
public sealed class SeededRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _seed;
    private ulong _state;

    /// <summary>Creates a source.</summary>
    /// <param name="seed">Any number.</param>
    public SeededRandom(ulong seed) => _seed = _state = seed;

    /// <summary>A number from 0 up to, not including, 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 up to, not including, the given one.</summary>
    /// <param name="count">Range: 1 and up.</param>
    public int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);

        // A multiplication in place of a division; its bias of at most count / 2^64 shows in nothing.
        return (int)Math.BigMul(Next(), (ulong)count, out _);
    }

    /// <summary>A number from the exponential distribution: the time between two arrivals that know nothing of each other.</summary>
    /// <param name="mean">Its mean.</param>
    public double NextExponential(double mean) => -Math.Log(1 - NextDouble()) * mean;

    /// <summary>A number from the normal distribution with mean 0 and standard deviation 1 (Box and Muller 1958).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Another source, which depends on the seed and the purpose alone, and not on what has been drawn: what one part of a simulation draws does not change another's luck.</summary>
    /// <param name="purpose">What for.</param>
    public SeededRandom For(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);

        // FNV-1a.
        var hash = 0xCBF29CE484222325;
        foreach (var character in purpose)
        {
            hash = (hash ^ character) * 0x100000001B3;
        }

        return new(Mix(_seed ^ Mix(hash)));
    }

    private ulong Next()
    {
        _state += Golden;
        return Mix(_state);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
