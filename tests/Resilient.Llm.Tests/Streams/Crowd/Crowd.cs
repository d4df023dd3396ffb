using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Ten thousand streams that are open at once, on real threads: a gate holds them after their first content, and a clock that the test moves ends what hangs.</summary>
/// <param name="hasFaults">Whether faults strike and consumers leave, as <see cref="CrowdPlan"/> says.</param>
internal sealed class Crowd(bool hasFaults)
{
    public const int Size = 10_000;

    // Only where something is broken does anybody wait this long.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    public ManualTimeProvider Clock { get; } = new();

    public CrowdModel Primary { get; } = new(hasFaults);

    public CrowdModel Cheaper { get; } = new(hasFaults: false);

    /// <summary>Whether a stream asks the ladder that goes on with broken answers; every fourth asks the one that does not.</summary>
    public static bool GoesOn(int number) => number % 4 != 0;

    /// <summary>How many streams ask a ladder of that policy.</summary>
    public static int Count(bool goesOn) => Enumerable.Range(0, Size).Count(number => GoesOn(number) == goesOn);

    /// <summary>Opens all streams, lets them go on, and reads them to their ends.</summary>
    /// <param name="clientFor">Whom each stream asks.</param>
    /// <param name="isLadder">Whether that is a ladder.</param>
    public async Task<CrowdRun> RunAsync(Func<int, IChatClient> clientFor, bool isLadder)
    {
        Primary.Hold();
        Cheaper.Hold();
        var before = await LiveBytesAsync();
        CrowdReader[] readers =
            [.. Enumerable.Range(0, Size).Select(number => new CrowdReader(number, hasFaults ? CrowdPlan.FateOf(number) : CrowdFate.Whole, GoesOn(number)))];
        var (pending, opened) = (new Signal(Size), new Signal(Size));
        var stalled = new Signal(readers.Count(static reader => reader.Fate == CrowdFate.Stalled));
        Task[] reading = [.. readers.Select((reader, number) => Task.Run(() => reader.ReadAsync(clientFor(number), pending, opened, stalled)))];

        // Those that hang are taken over when their time to first content is up.
        await pending.Done.WaitAsync(_patience);
        Clock.Advance(TimeSpan.FromSeconds(20));
        await opened.Done.WaitAsync(_patience);
        var during = await LiveBytesAsync();

        await Task.WhenAll(readers.Select(static reader => Task.Run(reader.LeaveAsync))).WaitAsync(_patience);
        Primary.Release();
        Cheaper.Release();

        // Only when nobody else is on the way may time pass for those that stalled: it passes for everybody.
        await Task.WhenAll(reading.Where((_, number) => readers[number].Fate != CrowdFate.Stalled)).WaitAsync(_patience);
        await stalled.Done.WaitAsync(_patience);
        Clock.Advance(TimeSpan.FromSeconds(40));
        await Task.WhenAll(reading).WaitAsync(_patience);
        await Primary.EmptiedAsync().WaitAsync(_patience);
        await Cheaper.EmptiedAsync().WaitAsync(_patience);
        var armedTimers = Clock.ArmedTimers;
        Array.ForEach(readers, static reader => reader.Dispose());

        // A manual clock forgets a disarmed timer, and what it would have told, when its time has come.
        Clock.Advance(TimeSpan.FromMinutes(10));
        return new(
            before,
            during,
            [.. readers.Select(reader => reader.Complaint(isLadder)).OfType<string>()],
            [.. readers.Where(static (_, number) => number % 100 < 5).SelectMany(static reader => reader.Sample)],
            armedTimers);
    }

    /// <summary>How much memory is in use when everything that can go has gone.</summary>
    public static async Task<long> LiveBytesAsync()
    {
        // Away from the stack of whoever ended last, which holds what it worked on.
        await Task.Yield();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }
}

/// <param name="Before">Live bytes before the first stream was opened.</param>
/// <param name="Open">The same while all were open, each after its first content.</param>
/// <param name="Complaints">Streams that did not end as the contract says.</param>
/// <param name="Sample">Streams and updates that nobody holds any more.</param>
/// <param name="ArmedTimers">Timers that were left when all had ended.</param>
internal sealed record CrowdRun(long Before, long Open, IReadOnlyList<string> Complaints, IReadOnlyList<WeakReference> Sample, int ArmedTimers)
{
    public double BytesPerStream => (double)(Open - Before) / Crowd.Size;
}
