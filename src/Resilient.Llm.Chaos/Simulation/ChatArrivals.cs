using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>When requests arrive, and how large they are.</summary>
/// <remarks>Immutable and thread-safe: all chance is handed in.</remarks>
public abstract class ChatArrivals
{
    /// <summary>Arrivals that know nothing of each other (a Poisson process), with sizes drawn from the given ones.</summary>
    /// <param name="perSecond">How many on average. Range: above zero.</param>
    /// <param name="sizes">Each is as likely as the others. Not empty.</param>
    public static ChatArrivals Poisson(double perSecond, IReadOnlyList<ChatSize> sizes)
    {
        ThrowIfNoRate(perSecond);
        ArgumentNullException.ThrowIfNull(sizes);
        return sizes.Count > 0 ? new PoissonArrivals(perSecond, [.. sizes]) : throw new ArgumentException("There is no size to draw from.", nameof(sizes));
    }

    /// <summary>The arrivals of a recorded trace, over and over, with its shape and its sizes, at a rate of your choice.</summary>
    /// <param name="path">
    /// Comma-separated: a first line "offset_ms,prompt_tokens,completion_tokens" and a line for each request, by its offset from the beginning of the trace. The trace lasts up to the whole minute
    /// in which its last request arrived.
    /// </param>
    /// <param name="perSecond">How many on average. Range: above zero.</param>
    /// <remarks>
    /// The rate is reached by seeded thinning, and above the trace's own rate by repeating requests at a time drawn from the minute after the original: minutes keep their share of the traffic, and every repetition of the trace
    /// is another draw. Stretching time would make waves longer than they were. Repetitions stand on whole multiples of the trace's length since the year 1, so that all windows of a simulation see the same
    /// minute at the same time.
    /// </remarks>
    /// <exception cref="InvalidDataException">A line cannot be read: the message names file and line and says what is wrong with it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ChatArrivals Trace(string path, double perSecond)
    {
        ThrowIfNoRate(perSecond);
        return TraceArrivals.Read(path, perSecond);
    }

    /// <summary>The arrivals within a window, in order.</summary>
    /// <param name="window">From its start up to its end.</param>
    /// <param name="random">All the chance there is.</param>
    public abstract IEnumerable<ChatArrival> Draw(TimeWindow window, SeededRandom random);

    private static void ThrowIfNoRate(double perSecond)
    {
        if (!double.IsFinite(perSecond) || perSecond <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(perSecond), perSecond, "The rate of arrivals per second must be a finite number above zero.");
        }
    }
}
