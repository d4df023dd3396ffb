using System.Collections.Concurrent;
using System.Diagnostics;

namespace Resilient.Llm.ContractTests;

/// <summary>One request of the load, and what came of it.</summary>
/// <param name="Number">The number of its question.</param>
/// <param name="Phase">In which phase it began.</param>
/// <param name="Began">When it began, by the fleet's clock.</param>
/// <param name="Ended">When it ended, by the same.</param>
/// <param name="Heard">What came of it.</param>
/// <param name="Took">How long that took: to be printed, not to be judged.</param>
internal sealed record Asked(int Number, string Phase, long Began, long Ended, Heard Heard, TimeSpan Took)
{
    public string? Region => Heard.Report?.Region;
}

/// <summary>Asks an even stream of questions, whether the earlier ones have been answered or not (an open loop), half of them plainly, half in streams.</summary>
/// <remarks>
/// Phases end when something has happened, not after a time. Where the machine does not keep up, questions are left out at <see cref="MostInFlight"/>: the rate is printed, and judged by nobody.
/// </remarks>
internal sealed class RegionalLoad : IAsyncDisposable
{
    private const int PerSecond = 250;
    private const int MostInFlight = 1000;
    private const int MostPerTick = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RegionalFleet _fleet;
    private readonly ConcurrentQueue<Asked> _finished = [];
    private readonly ConcurrentDictionary<int, Task> _inFlight = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private readonly Dictionary<string, TimeSpan> _lengths = [];
    private volatile string _phase = "";
    private readonly long[] _began = new long[1 << 16];
    private int _most;

    public RegionalLoad(RegionalFleet fleet)
    {
        _fleet = fleet;
        _loop = LoopAsync();
    }

    /// <summary>What has come to an end so far.</summary>
    public IEnumerable<Asked> Finished => _finished;

    /// <summary>How many requests were under way at once, at most.</summary>
    public int MostAtOnce => _most;

    /// <summary>When a question was asked, by the fleet's clock.</summary>
    public long BeganAt(int number) => _began[number];

    /// <summary>What began in a phase and has ended.</summary>
    public IEnumerable<Asked> Of(string phase) => _finished.Where(asked => asked.Phase == phase);

    /// <summary>Whether all that began in a phase has ended.</summary>
    public bool IsOver(string phase) => _phase != phase && !_inFlight.Values.Any(asked => asked.AsyncState as string == phase);

    /// <summary>How many requests of a phase a region has answered: of the ladder for which they are fewer.</summary>
    public int AnsweredBy(string region, string phase) =>
        Enumerable.Range(0, 2).Min(ladder => Of(phase).Count(asked => asked.Region == region && RegionalFleet.LadderOf(asked.Number) == ladder));

    /// <summary>Goes on asking under this name until something has come about, and fails when it does not.</summary>
    public async Task RunAsync(string phase, Func<bool> until)
    {
        _phase = phase;
        var start = Stopwatch.GetTimestamp();
        while (!until())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience, $"The phase '{phase}' did not reach its end. {_finished.Count} requests have ended.");
            await Task.Delay(20);
        }

        _lengths[phase] = Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Asks no more, and waits until all have their answer.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_inFlight.Values);
    }

    /// <summary>Every question has its own answer, whole, from a model.</summary>
    public void AssertAllAnswered() => Assert.All(_finished, static asked =>
    {
        Assert.Null(asked.Heard.Exception);
        Assert.Equal(RegionalProvider.AnswerTo(asked.Number), asked.Heard.Text);
        Assert.Equal(AnswerSource.Model, asked.Heard.Report!.Source);
    });

    /// <summary>A line of the table in docs/regions.md for each phase.</summary>
    public IEnumerable<string> Table()
    {
        yield return "| Phase | requests (per second) | answered | by north / west / south | continued | p50 | p99 |";
        foreach (var (phase, length) in _lengths)
        {
            var all = Of(phase).ToArray();
            var times = all.Select(static one => one.Took).Order().ToArray();
            var regions = string.Join(" / ", RegionalFleet.Regions.Select(region => all.Count(one => one.Region == region)));
            yield return FormattableString.Invariant(
                $"| {phase} | {all.Length} ({all.Length / length.TotalSeconds:0}) | {all.Count(static one => one.Heard.Exception is null)} | {regions} | ")
                + FormattableString.Invariant($"{all.Count(static one => one.Heard.Report?.WasContinued == true)} | {At(times, 0.5):0} ms | {At(times, 0.99):0} ms |");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private static double At(TimeSpan[] times, double part) => times is [] ? 0 : times[(int)(part * (times.Length - 1))].TotalMilliseconds;

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var start = Stopwatch.GetTimestamp();
        var (asked, number) = (0, 0);
        while (!_stop.IsCancellationRequested && await timer.WaitForNextTickAsync())
        {
            // What a standstill of the machine left out is not made up for in a rush.
            var due = (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * PerSecond);
            for (asked = Math.Max(asked, due - MostPerTick); asked < due; asked++)
            {
                if (_inFlight.Count < MostInFlight && number < _began.Length)
                {
                    Begin(number++);
                }
            }
        }
    }

    private void Begin(int number)
    {
        _began[number] = _fleet.Now();
        var phase = _phase;
        var ended = new TaskCompletionSource(phase, TaskCreationOptions.RunContinuationsAsynchronously);
        _inFlight[number] = ended.Task;
        _most = Math.Max(_most, _inFlight.Count);
        _ = AskAsync(number, phase, ended);
    }

    private async Task AskAsync(int number, string phase, TaskCompletionSource ended)
    {
        var start = Stopwatch.GetTimestamp();
        var streaming = RegionalFleet.IsStreaming(number);
        Heard heard;
        try
        {
            heard = await Heard.FromAsync(_fleet.LadderFor(number), streaming, question: RegionalProvider.QuestionOf(number));
        }
        catch (Exception exception)
        {
            heard = new(new(), exception);
        }

        _finished.Enqueue(new(number, phase, _began[number], _fleet.Now(), heard, Stopwatch.GetElapsedTime(start)));
        _inFlight.TryRemove(number, out _);
        ended.SetResult();
    }
}
