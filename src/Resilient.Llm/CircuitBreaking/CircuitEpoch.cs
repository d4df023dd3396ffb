using Polly.CircuitBreaker;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>A circuit's state, its generation, and whether it is open for slowness or for refusals.</summary>
/// <remarks>
/// Packed into one word, so that a closed circuit is entered with a single read. Every transition starts a new generation. Generations
/// start at 1: a default permit belongs to none.
/// </remarks>
internal readonly record struct CircuitEpoch(long Word)
{
    private const int StateBits = 4;
    private const long StateMask = 3;
    private const long SlownessMask = 4;
    private const long RefusalsMask = 8;

    public static CircuitEpoch First => new(1L << StateBits);

    public CircuitState State => (CircuitState)(Word & StateMask);

    public bool IsForSlowness => (Word & SlownessMask) != 0;

    public bool IsForRefusals => (Word & RefusalsMask) != 0;

    public long Generation => Word >> StateBits;

    public CircuitEpoch Next(CircuitState state, bool isForSlowness, bool isForRefusals) =>
        new(((Generation + 1) << StateBits) | (isForSlowness ? SlownessMask : 0) | (isForRefusals ? RefusalsMask : 0) | (long)state);
}
