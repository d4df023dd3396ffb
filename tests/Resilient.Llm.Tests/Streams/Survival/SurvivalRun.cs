using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>One run: a ladder, providers, callers and a clock, all from one seed, on one thread. Played once.</summary>
internal sealed class SurvivalRun
{
    // More than any break, cooldown, probe or budget lasts.
    private static readonly TimeSpan s_longAfter = TimeSpan.FromMinutes(10);

    private readonly List<TaskCompletionSource<ProviderStep?>> _hangs = [];
    private readonly long _start;
    private int _pauses;
    private readonly Draw _draw;
    private readonly SurvivalProvider[] _providers;
    private readonly IChatClient _ladder;
    private readonly SurvivalReader[] _readers;
    private long _usage;

    public SurvivalRun(int seed)
    {
        Seed = seed;
        _draw = new(seed);
        _start = Clock.GetTimestamp();
        Log = new(Clock);
        Settings = SurvivalSettings.From(_draw);
        _providers = [.. Enumerable.Range(1, Settings.Models).Select(index => new SurvivalProvider(this, $"p{index}", index))];
        _ladder = Settings.Build(this, _providers);
        _readers =
        [
            .. Enumerable.Range(1, _draw.Weighted((5, 1), (3, 2), (2, 3)))
                .Select(number => new SurvivalReader(this, SurvivalRequest.From(_draw, number, Settings.HasCache), _ladder)),
        ];
    }

    public int Seed { get; }

    public ManualTimeProvider Clock { get; } = new();

    public SurvivalLog Log { get; }

    public SurvivalSettings Settings { get; }

    public List<ProviderCall> Calls { get; } = [];

    public List<ProviderStream> Opened { get; } = [];

    public TimeSpan Now => Clock.GetElapsedTime(_start);

    /// <summary>Where all requests ask the same, they ask one after the other.</summary>
    public int RequestInProgress { get; set; }

    public IReadOnlyList<SurvivalReader> Readers => _readers;

    public long NextUsage() => ++_usage;

    public int RequestOf(ChatMessage[] messages) => Settings.HasCache ? RequestInProgress : messages[0].Text[^1] - '0';

    /// <summary>Nothing happens any more: until the token is cancelled (null), or until long after the run.</summary>
    public Task<ProviderStep?> HangAsync(CancellationToken cancellationToken)
    {
        var hang = new TaskCompletionSource<ProviderStep?>();
        _hangs.Add(hang);
        cancellationToken.UnsafeRegister(static hang => ((TaskCompletionSource<ProviderStep?>)hang!).TrySetResult(null), hang);
        return hang.Task;
    }

    /// <summary>A provider takes its time. One that is deaf to its token may still do so when nobody wants it any more.</summary>
    public async Task<bool> PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        _pauses++;
        var hasPassed = await VirtualPause.For(Clock, time, cancellationToken).ConfigureAwait(false);
        _pauses--;
        return hasPassed;
    }

    /// <summary>Plays it all. Null: the contract was kept. Else what broke it, and everything that led there.</summary>
    public string? Play()
    {
        // As in an application without one; under the test runner's, what is completed here would go on on the pool.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            Ask();
            foreach (var reader in _readers)
            {
                SurvivalOracle.Judge(this, reader);
            }

            Aftermath();
        }
        catch (Exception exception)
        {
            Log.Violation("run", exception.ToString());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        return Log.Violations.Count == 0 ? null : ToString();
    }

    public override string ToString() => $"""
        Seed {Seed}: {string.Join("\n  ", Log.Violations)}
        {Settings}
        {string.Join("\n", _readers.Select(static reader => reader.Request))}
        {string.Join("\n", Calls.Select(static call => $"{call} does {call.Script}"))}
        {Log}
        """;

    private void Ask()
    {
        if (Settings.HasCache)
        {
            foreach (var reader in _readers)
            {
                Finish([reader.Start()]);
            }
        }
        else
        {
            Finish([.. _readers.Select(static reader => reader.Start())]);
        }
    }

    private void Finish(Task[] tasks)
    {
        while (!Array.TrueForAll(tasks, static task => task.IsCompleted) && Clock.AdvanceToNextTimer(TimeSpan.FromHours(2)))
        {
        }

        foreach (var task in tasks)
        {
            if (!task.IsCompleted)
            {
                throw new InvalidOperationException("Nothing is due any more, and still no answer.");
            }

            task.GetAwaiter().GetResult();
        }
    }

    /// <summary>When everybody has what they wanted: nothing is left over, and everything works again.</summary>
    private void Aftermath()
    {
        if (Clock.ArmedTimers - _pauses is not 0 and var left)
        {
            Log.Violation("run", $"{left} timers are left");
        }

        Clock.Advance(s_longAfter);
        ExpectFree("after the run");
        var events = Log.Count;
        foreach (var reader in _readers)
        {
            reader.Cancellation.Cancel();
        }

        Clock.Advance(s_longAfter);
        if (Log.Count != events)
        {
            Log.Violation("run", "something happened after the end");
        }

        foreach (var provider in _providers)
        {
            ExpectHealthy(provider);
        }

        foreach (var hang in _hangs)
        {
            hang.TrySetResult(_draw.One(
                new ProviderStep(StepKind.Text, TimeSpan.Zero, "too late "), new(StepKind.End, TimeSpan.Zero), new(StepKind.Throw, TimeSpan.Zero, Fault: 1)));
        }

        ExpectFree("when the last hanging call has ended");
    }

    private void ExpectFree(string when)
    {
        foreach (var stream in Opened)
        {
            if (!stream.IsFree)
            {
                Log.Violation(stream.Call.Name, $"disposed {stream.Disposals} times {when}");
            }
        }
    }

    /// <summary>Whatever happened, long after it a provider that works gets every call that it may get.</summary>
    private void ExpectHealthy(SurvivalProvider provider)
    {
        provider.Works = true;
        Clock.Advance(s_longAfter);
        ExpectServedBy(provider, _ladder.AskAsync(streaming: false, "are you back?"));

        var atOnce = new List<IAsyncEnumerator<ChatResponseUpdate>>();
        for (var i = Settings.MaxConcurrentCalls ?? 1; i > 0; i--)
        {
            var stream = _ladder.GetStreamingResponseAsync([new(ChatRole.User, "all of you?")]).GetAsyncEnumerator();
            atOnce.Add(stream);
            // The report comes first.
            if (!stream.MoveNextAsync().AsTask().IsCompletedSuccessfully
                || !stream.MoveNextAsync().AsTask().IsCompletedSuccessfully
                || stream.Current.Text != $"{provider.Name} works")
            {
                Log.Violation(provider.Name, $"does not get its {atOnce.Count}. call at a time after the run");
            }
        }

        foreach (var stream in atOnce)
        {
            _ = stream.DisposeAsync().AsTask();
        }

        // Out of the way of the next one.
        _ladder.Circuit(provider.Name).Isolate();
    }

    private void ExpectServedBy(SurvivalProvider provider, Task<ChatResponse> asking)
    {
        Finish([((Func<Task>)(async () =>
        {
            try
            {
                if ((await asking.ConfigureAwait(false)).GetResilienceReport()?.ServedBy is var served && served != provider.Name)
                {
                    Log.Violation(provider.Name, $"works again, but {served} answers");
                }
            }
            catch (Exception exception)
            {
                Log.Violation(provider.Name, $"works again, but: {exception.Message}");
            }
        }))()]);
    }
}
