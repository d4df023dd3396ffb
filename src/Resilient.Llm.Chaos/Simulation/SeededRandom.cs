namespace Resilient.Llm.Chaos;

/// <summary>Random numbers that are the same in every run, on every machine.</summary>
/// <remarks>
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014), not for secrets. <see
/// cref="System.Random"/> with a seed may change between versions of .NET. Not thread-safe.
/// </remarks>
public sealed class SeededRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private readonly ulong _seed;
    private ulong _state;

    /// <summary>Creates a generator.</summary>
    /// <param name="seed">Any number.</param>
    public SeededRandom(ulong seed) => _seed = _state = seed;

    /// <summary>Returns a number from 0 up to, but not including, 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Returns a whole number from 0 up to, but not including, a limit.</summary>
    /// <param name="count">The limit. Range: 1 and up.</param>
    public int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);

        // Multiplication instead of division; its bias of at most count / 2^64 is negligible.
        return (int)Math.BigMul(Next(), (ulong)count, out _);
    }

    /// <summary>Returns an exponentially distributed number: the gap between two arrivals of a Poisson process.</summary>
    /// <param name="mean">The mean.</param>
    public double NextExponential(double mean) => -Math.Log(1 - NextDouble()) * mean;

    /// <summary>Returns a normally distributed number, with mean 0 and standard deviation 1 (Box and Muller 1958).</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Creates a generator from the seed and a purpose, independent of earlier draws by other parts of a simulation.</summary>
    /// <param name="purpose">The purpose.</param>
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
