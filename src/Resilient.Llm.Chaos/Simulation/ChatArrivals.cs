using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>When requests arrive, and their sizes.</summary>
/// <remarks>Immutable and thread-safe: the caller provides the randomness.</remarks>
public abstract class ChatArrivals
{
    /// <summary>Creates a Poisson process, with sizes drawn from a list.</summary>
    /// <param name="perSecond">The average rate. Range: above zero.</param>
    /// <param name="sizes">The sizes, all equally likely. Not empty.</param>
    public static ChatArrivals Poisson(double perSecond, IReadOnlyList<ChatSize> sizes)
    {
        ThrowIfNoRate(perSecond);
        ArgumentNullException.ThrowIfNull(sizes);
        return sizes.Count > 0
            ? new PoissonArrivals(perSecond, [.. sizes])
            : throw new ArgumentException("There is no size to draw from.", nameof(sizes));
    }

    /// <summary>Repeats the arrivals of a recorded trace, with its shape and sizes, at another rate.</summary>
    /// <param name="path">
    /// A CSV file with the header "offset_ms,prompt_tokens,completion_tokens" and a line per request. Offsets count from the beginning of
    /// the trace, whose length is rounded up to whole minutes.
    /// </param>
    /// <param name="perSecond">The average rate. Range: above zero.</param>
    /// <remarks>
    /// The rate is reached by seeded thinning. Above the trace's own rate, requests are repeated at a random time in the following minute,
    /// so minutes keep their share of the traffic and every repetition of the trace differs. Stretching time would lengthen the waves.
    /// Repetitions start at multiples of the trace's length since the year 1, so all windows see the same minute at the same time.
    /// </remarks>
    /// <exception cref="InvalidDataException">A line is unreadable. The message names the file, the line and the error.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ChatArrivals Trace(string path, double perSecond)
    {
        ThrowIfNoRate(perSecond);
        return TraceArrivals.Read(path, perSecond);
    }

    /// <summary>Returns the arrivals within a window, in order.</summary>
    /// <param name="window">The window.</param>
    /// <param name="random">The only source of randomness.</param>
    public abstract IEnumerable<ChatArrival> Draw(TimeWindow window, SeededRandom random);

    private static void ThrowIfNoRate(double perSecond)
    {
        if (!double.IsFinite(perSecond) || perSecond <= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(perSecond), perSecond, "The rate of arrivals per second must be a finite number above zero.");
        }
    }
}
