namespace Resilient.Llm.Tests;

/// <summary>Chance from a seed: the same seed draws the same things on every machine.</summary>
internal sealed class Draw(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A source of its own for a part of the run: what one provider does must not depend on how often another one is asked.</summary>
    public static Draw For(int seed, int part, int number) => new(unchecked((((seed * 397) + part) * 7919) + (number * 104_729)));

    public double Next() => _random.NextDouble();

    /// <summary>Both ends included.</summary>
    public int Int(int from, int to) => _random.Next(from, to + 1);

    public bool Chance(double probability) => _random.NextDouble() < probability;

    public T One<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];

    /// <summary>One of several, each as likely as its weight says.</summary>
    public T Weighted<T>(params ReadOnlySpan<(int Weight, T Value)> choices)
    {
        var sum = 0;
        foreach (var (weight, _) in choices)
        {
            sum += weight;
        }

        var at = _random.Next(sum);
        foreach (var (weight, value) in choices)
        {
            if ((at -= weight) < 0)
            {
                return value;
            }
        }

        throw new InvalidOperationException("Weights are above zero.");
    }

    /// <summary>Whole milliseconds, both ends included.</summary>
    public TimeSpan Time(int fromMilliseconds, int toMilliseconds) => TimeSpan.FromMilliseconds(Int(fromMilliseconds, toMilliseconds));
}
