using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Calls that arrive by chance, in virtual time; the same ones in every run.</summary>
internal static class Traffic
{
    /// <summary>Asks until the time is over, and waits for the last answer.</summary>
    /// <param name="ladder">Whom.</param>
    /// <param name="clock">The ladder's.</param>
    /// <param name="streaming">Whether as streams.</param>
    /// <param name="callsPerSecond">On average.</param>
    /// <param name="length">For how long.</param>
    /// <param name="now">What the calls are to be dated with.</param>
    public static async Task<SpikeCall[]> RunAsync(
        IChatClient ladder, ManualTimeProvider clock, bool streaming, double callsPerSecond, TimeSpan length, Func<TimeSpan> now)
    {
        var calls = new List<Task<SpikeCall>>();
        var arrivals = new Random(4);
        var end = now() + length;
        for (var next = Arrival(); now() + next < end; next = Arrival())
        {
            clock.Advance(next);
            calls.Add(CallAsync($"question {calls.Count}"));
        }

        while (clock.AdvanceToNextTimer())
        {
        }

        Assert.All(calls, static call => Assert.True(call.IsCompleted));
        return await Task.WhenAll(calls);

        TimeSpan Arrival() => TimeSpan.FromSeconds(-Math.Log(1 - arrivals.NextDouble()) / callsPerSecond);

        async Task<SpikeCall> CallAsync(string question)
        {
            var startedAt = now();
            try
            {
                var report = (await ladder.AskAsync(streaming, question)).GetResilienceReport()!;
                return new(startedAt, report.TimeToFirstContent ?? report.Elapsed, report);
            }
            catch (ResilientChatException)
            {
                return new(startedAt, now() - startedAt, null);
            }
        }
    }

    /// <summary>A time as those of models are distributed: with a spread of 0.18 nineteen of twenty are 0.7 to 1.4 times the median.</summary>
    public static TimeSpan LogNormal(Random random, TimeSpan median, double spread)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return median * Math.Exp(spread * normal);
    }
}
