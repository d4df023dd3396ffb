using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>Sends requests, reads the answers and records what users see.</summary>
internal sealed class SimulatedUsers(
    IChatClient client, VirtualClock clock, ChatSimulationOptions options, SeededRandom random, SimulationResult result)
{
    private readonly FailureTimeline _firstProvider = options.Outages.Of(options.FirstProvider);
    private readonly List<(long At, bool InTime)> _log = [];
    private readonly Dictionary<int, ChatSize> _popular = [];
    private int _waiting;

    /// <summary>Whether a request is neither answered nor given up.</summary>
    public bool AreWaiting => _waiting > 0;

    /// <summary>Starts a request, which continues in virtual time.</summary>
    public void Ask(ChatArrival arrival)
    {
        var tally = result.During(options.Outages.Everything.ImpactAt(arrival.At));
        tally.Requests++;
        tally.FailureRateSum += _firstProvider.RateAt(arrival.At);
        var number = _log.Count;
        _log.Add((arrival.At.UtcTicks, false));
        _waiting++;

        // Always the same number of draws, so that every chain gets the same requests.
        var (isStreaming, isPopular, which) = (
            random.NextDouble() < options.StreamingShare,
            random.NextDouble() < options.PopularShare,
            random.Next(options.PopularQuestions));
        var size = isPopular ? SizeOfPopular(which, arrival.Size) : arrival.Size;
        var request = new SimulatedRequest(size, clock, options);
        var question = SimulatedText.Question(isPopular ? which : options.PopularQuestions + (long)number, size);

        // Not awaited: it records its own end. Its exceptions are defects, reported at the end of the run.
        _ = RunAsync();

        async Task RunAsync()
        {
            await request.AskAsync(client, question, isStreaming).ConfigureAwait(false);
            Note(tally, number, request, isStreaming);
            _waiting--;
        }
    }

    /// <summary>Called after the last request: computes the longest unavailability.</summary>
    /// <exception cref="InvalidOperationException">Requests never ended.</exception>
    public void Leave(DateTimeOffset end)
    {
        if (_waiting > 0)
        {
            throw new InvalidOperationException(
                $"{_waiting} of {_log.Count} requests never ended, and nothing is due any more. "
                + "Something below waits for what never comes, or went on outside of virtual time.");
        }

        long? since = null;
        var longest = 0L;
        foreach (var (at, inTime) in _log)
        {
            longest = Math.Max(longest, at - (since ?? at));
            since = inTime ? null : since ?? at;
        }

        result.LongestUnavailability = TimeSpan.FromTicks(Math.Max(longest, since is { } open ? end.UtcTicks - open : 0));
    }

    /// <summary>Popular questions keep the size of their first occurrence.</summary>
    private ChatSize SizeOfPopular(int which, ChatSize size) => _popular.TryGetValue(which, out var first) ? first : _popular[which] = size;

    private void Note(SimulationTally tally, int number, SimulatedRequest request, bool isStreaming)
    {
        var isAnswered = request.IsWhole;
        var isInTime = isAnswered
            && (isStreaming ? request.ToFirstContent <= options.FirstContentWithin : request.ToEnd <= options.AnswerWithin);
        _log[number] = (_log[number].At, isInTime);
        tally.Answered += isAnswered ? 1 : 0;
        tally.InTime += isInTime ? 1 : 0;
        tally.ByModel += isAnswered && request.Source == AnswerSource.Model ? 1 : 0;
        tally.Degraded += isAnswered && (request.Source != AnswerSource.Model || request.ServedBy != options.FirstProvider) ? 1 : 0;
        tally.Broken += !isAnswered && isStreaming && request.ToFirstContent is not null ? 1 : 0;
        tally.Garbled += request.IsGarbled ? 1 : 0;
        Count(tally.ToEnd, isAnswered ? request.ToEnd : null);
        if (isStreaming)
        {
            Count(tally.ToFirstContent, request.ToFirstContent);
        }
    }

    private static void Count(LogHistogram histogram, TimeSpan? time)
    {
        if (time is { } came)
        {
            histogram.Add(came);
        }
        else
        {
            histogram.AddNever();
        }
    }
}
