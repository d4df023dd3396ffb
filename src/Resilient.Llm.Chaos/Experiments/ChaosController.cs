using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Resilient.Llm.Chaos.Experiments;
using Resilient.Llm.Chaos.Faults;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos;

/// <summary>Starts and stops experiments while the application runs.</summary>
/// <remarks>
/// <para>
/// One for an application, from <c>AddChaos</c> or made by hand and given to <c>WithChaos</c>. Every chaos point asks it at each call, which costs a read of one field while nothing runs.
/// Of several experiments that may hit a call, the one that was started first is asked first, and at most one does something.
/// </para>
/// <para>
/// Thread-safe. A call that begins after <see cref="Stop"/>, <see cref="Kill"/> or the end of an experiment's time is untouched by it; what waits because of it goes on at once, on the
/// thread that ended it.
/// </para>
/// </remarks>
public sealed partial class ChaosController : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Func<double> _randomizer;
    private readonly TimeSpan _maxDuration;
    private readonly Func<ChatOptions?, string?>? _tenant;
    private readonly ChaosLog _log;
    private readonly List<IDisposable> _owned = [];

    // Replaced, never changed: chaos points read it without a lock.
    private volatile ChaosRun[] _running = [];
    private volatile bool _isKilled;
    private bool _isDisposed;

    /// <summary>Creates a controller.</summary>
    /// <param name="options">Whether and where chaos may be made. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">Yields numbers from 0 up to, not including, 1. Must be thread-safe. Null for the system's.</param>
    /// <param name="logger">Where it is told who started and stopped what; null for nowhere.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">Chaos is enabled in an environment that is not on the list.</exception>
    public ChaosController(ChaosOptions options, TimeProvider? timeProvider = null, Func<double>? randomizer = null, ILogger<ChaosController>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ChaosEnvironment.Check(options);
        IsEnabled = options.Enabled;
        _tenant = options.Tenant;
        _maxDuration = options.MaxDuration;
        Clock = timeProvider ?? TimeProvider.System;
        Traffic = new(Clock);
        _randomizer = randomizer ?? Randomness.Default;
        _log = new(Clock, logger ?? (ILogger)NullLogger.Instance);
    }

    /// <summary>Is told of every entry of the <see cref="Log"/>, on the thread on which it happened. It must be quick, and thread-safe; what it throws is logged and forgotten.</summary>
    public event Action<ChaosLogEntry>? Logged
    {
        add => _log.Logged += value;
        remove => _log.Logged -= value;
    }

    /// <summary>Whether experiments may be started at all. It never changes.</summary>
    public bool IsEnabled { get; }

    /// <summary>Whether the kill switch is pressed: nothing runs, and nothing can be started.</summary>
    public bool IsKilled => _isKilled;

    /// <summary>The experiments that run now, in the order in which they were started.</summary>
    public IReadOnlyList<ChaosRun> Running => [.. Current()];

    /// <summary>The last 1,000 things that happened: who did what, when and why.</summary>
    public IReadOnlyList<ChaosLogEntry> Log => _log.Entries;

    /// <summary>What guards and game days look at.</summary>
    internal ChaosTraffic Traffic { get; }

    /// <summary>The clock of every wait.</summary>
    internal TimeProvider Clock { get; }

    /// <summary>Whether anything may be to be done to a call: what a chaos point asks first.</summary>
    internal bool IsActive => _running.Length > 0;

    /// <summary>Starts an experiment.</summary>
    /// <param name="experiment">What is to be done, to which calls, for how long.</param>
    /// <param name="by">Who wants it, for the log.</param>
    /// <returns>The experiment as it runs. Disposing it stops it.</returns>
    /// <exception cref="ArgumentException">The experiment is out of range, or nothing matches its target: the message says what.</exception>
    /// <exception cref="InvalidOperationException">Chaos is not enabled, the kill switch is pressed, or one of the same name runs.</exception>
    /// <exception cref="ObjectDisposedException">The controller is disposed.</exception>
    public ChaosRun Start(ChaosExperiment experiment, string by)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        try
        {
            Check(experiment);
            Current();
            return Begin(experiment, by);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException and not ObjectDisposedException)
        {
            Refuse(experiment.Name, by, exception.Message);
            throw;
        }
    }

    /// <summary>Refuses an experiment that could not be started, without starting it: so a plan of several is refused before the first.</summary>
    /// <exception cref="ArgumentException">As <see cref="Start"/>.</exception>
    internal void Check(ChaosExperiment experiment) => ChaosExperimentCheck.Check(experiment, _maxDuration, Traffic.Endpoints);

    /// <summary>Stops an experiment.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="by">Who stops it, for the log.</param>
    /// <param name="reason">Why, for the log.</param>
    /// <returns>Whether it ran.</returns>
    public bool Stop(string name, string by, string? reason = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return Array.Find(Current(), run => run.Experiment.Name == name) is { } found && End(found, ChaosLogAction.Stopped, by, reason);
    }

    /// <summary>The kill switch: stops every experiment and refuses new ones until <see cref="Revive"/>.</summary>
    /// <param name="by">Who, for the log.</param>
    /// <param name="reason">Why, for the log.</param>
    /// <returns>How many experiments it stopped.</returns>
    public int Kill(string by, string? reason = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return End(static _ => true, ChaosLogAction.Killed, by, reason);
    }

    /// <summary>Releases the kill switch: experiments may be started again. Those that it stopped stay stopped.</summary>
    /// <param name="by">Who, for the log.</param>
    public void Revive(string by)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        ChaosLogEntry entry;
        lock (_lock)
        {
            if (!_isKilled)
            {
                return;
            }

            _isKilled = false;
            entry = _log.Note(ChaosLogAction.Revived, null, by, null);
        }

        _log.Tell(entry);
    }

    /// <summary>A chaos point for the application's own code: does to it what experiments aimed at <paramref name="dependency"/> say.</summary>
    /// <param name="dependency">The name by which experiments aim at it, for example "orders-db".</param>
    /// <param name="cancellationToken">Ends a wait.</param>
    /// <returns>Done when the code may go on: at once while nothing is aimed at it.</returns>
    /// <exception cref="OperationCanceledException">Cancelled while it waited.</exception>
    public ValueTask PassAsync(string dependency, CancellationToken cancellationToken = default) =>
        Inject(new(null, dependency, null, IsStreaming: false)) is { } injection
            ? ChaosPass.PassAsync(injection, Clock, cancellationToken)
            : default;

    /// <summary>Stops everything that runs, for good.</summary>
    public void Dispose()
    {
        IDisposable[] owned;
        lock (_lock)
        {
            _isDisposed = true;
            owned = [.. _owned];
            _owned.Clear();
        }

        Array.ForEach(owned, static part => part.Dispose());
        End(static _ => true, ChaosLogAction.Stopped, "disposal", "the controller was disposed");
    }

    /// <summary>What is to be done to this call; null: nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call) => _running.Length == 0 ? null : InjectAny(call);

    /// <summary>Whose call it is; null: the call has no tenant.</summary>
    internal string? TenantOf(ChatOptions? options) => _tenant is null ? (options as ResilientChatOptions)?.CachePartition : _tenant(options);

    /// <summary>Has something disposed with the controller.</summary>
    internal void Own(IDisposable part)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _owned.Add(part);
        }
    }

    /// <summary>Notes that something was not started.</summary>
    internal void Refuse(string? experiment, string by, string reason) => _log.Tell(_log.Note(ChaosLogAction.Refused, experiment, by, reason));
}
