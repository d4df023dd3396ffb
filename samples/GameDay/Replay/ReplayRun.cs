using Resilient.Llm.Chaos;

namespace GameDay.Replay;

/// <summary>Simulates every policy in every window around incidents, and in a sample of healthy time that stands for the rest.</summary>
internal sealed class ReplayRun
{
    private static readonly TimeSpan s_margin = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_sampleLength = TimeSpan.FromHours(6);
    private const int Samples = 4;

    // Deep enough for whatever goes on in place of whatever ended: a stack that is nearly full would move work to the thread pool, out of virtual time.
    private const int StackSize = 16 * 1024 * 1024;

    private readonly ReplayArguments _arguments;
    private readonly ChatSimulation _simulation;
    private readonly TimeWindow[] _samples;

    public ReplayRun(ReplayArguments arguments)
    {
        _arguments = arguments;
        Outages = OutageSchedule.Read(arguments.Incidents);
        if (Outages.Incidents.Count == 0)
        {
            throw new InvalidDataException($"{arguments.Incidents} holds no incident: there is nothing to replay.");
        }

        Providers = new(Outages, arguments.Seed, arguments.SharedFate);
        _simulation = new(new()
        {
            Arrivals = ChatArrivals.Trace(arguments.Requests, arguments.Rate),
            Outages = Outages,
            FirstProvider = Providers.Primary.Name,
            PopularShare = arguments.Repeats,
        });
        Windows = [.. Outages.Windows(s_margin).Take(arguments.Windows)];
        Period = new(Midnight(Windows[0].Start + s_margin), Midnight(Windows[^1].End - s_margin).AddDays(1));

        // Long before the first incident; each ladder has to learn there what is usual, as anywhere.
        _samples = [.. Enumerable.Range(1, Samples).Select(i => new TimeWindow(Period.Start.AddDays(-10 - i), Period.Start.AddDays(-10 - i) + s_sampleLength))];
        HealthyHours = Period.Length.TotalHours - Windows.Sum(static window => window.Length.TotalHours);
    }

    public OutageSchedule Outages { get; }

    public ReplayProviders Providers { get; }

    public IReadOnlyList<TimeWindow> Windows { get; }

    /// <summary>From the midnight before the first incident to the one after the last.</summary>
    public TimeWindow Period { get; }

    public double HealthyHours { get; }

    /// <summary>How often each request of the healthy sample counts.</summary>
    public double HealthyWeight => Math.Max(0, HealthyHours) / (Samples * s_sampleLength.TotalHours);

    /// <summary>Runs everything, on several threads.</summary>
    /// <param name="progress">Told from any of them.</param>
    public IReadOnlyList<ReplayOutcome> Run(Action<double> progress)
    {
        var jobs = _arguments.Policies
            .Select(static key => ReplayPolicy.All.First(policy => policy.Key == key))
            .SelectMany(policy => Windows.Select(window => new Job(policy, window, IsSample: false)).Concat(_samples.Select(window => new Job(policy, window, IsSample: true))))
            .ToArray();
        Work([.. jobs.OrderByDescending(static job => job.Window.Length)], progress);

        // In this order, whoever was first: sums of weighted numbers depend on it in their last digits.
        return [.. jobs.GroupBy(static job => job.Policy).Select(group => Outcome(group.Key, group))];
    }

    private void Work(Job[] jobs, Action<double> progress)
    {
        var next = -1;
        var done = 0.0;
        var all = jobs.Sum(static job => job.Window.Length.TotalHours);
        var failures = new List<Exception>();
        var sync = new Lock();
        Thread[] workers = [.. Enumerable.Range(0, _arguments.Threads).Select(_ => new Thread(TakeJobs, StackSize))];
        Array.ForEach(workers, static worker => worker.Start());
        Array.ForEach(workers, static worker => worker.Join());
        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }

        void TakeJobs()
        {
            for (var i = Interlocked.Increment(ref next); i < jobs.Length; i = Interlocked.Increment(ref next))
            {
                try
                {
                    Run(jobs[i]);
                }
                catch (Exception exception)
                {
                    lock (sync)
                    {
                        failures.Add(exception);
                    }

                    return;
                }

                lock (sync)
                {
                    done += jobs[i].Window.Length.TotalHours;
                    progress(done / all);
                }
            }
        }
    }

    /// <summary>All policies meet the same requests and the same luck in a window, each window its own.</summary>
    private void Run(Job job) =>
        job.Result = _simulation.Run(job.Window, _arguments.Seed ^ (ulong)job.Window.Start.UtcTicks, world => job.Policy.Compose(world, Providers));

    private ReplayOutcome Outcome(ReplayPolicy policy, IEnumerable<Job> jobs)
    {
        var (whole, windows, samples) = (new SimulationResult(), new SimulationResult(), new SimulationResult());
        foreach (var job in jobs)
        {
            (job.IsSample ? samples : windows).Add(job.Result!);
        }

        whole.Add(windows);
        whole.Add(samples, HealthyWeight);
        return new(policy, whole, windows, samples);
    }

    private static DateTimeOffset Midnight(DateTimeOffset time) => new(time.UtcDateTime.Date, TimeSpan.Zero);

    private sealed record Job(ReplayPolicy Policy, TimeWindow Window, bool IsSample)
    {
        public SimulationResult? Result { get; set; }
    }
}

/// <param name="Policy">The policy.</param>
/// <param name="Whole">The whole period: windows as they were, healthy time by its weight.</param>
/// <param name="Windows">The windows around incidents alone.</param>
/// <param name="Samples">The healthy sample alone.</param>
internal sealed record ReplayOutcome(ReplayPolicy Policy, SimulationResult Whole, SimulationResult Windows, SimulationResult Samples);
