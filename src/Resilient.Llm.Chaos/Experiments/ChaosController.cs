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
/// Use one controller per application, from <c>AddChaos</c>, or create one and pass it to <c>WithChaos</c>. While nothing runs, it costs
/// each call a read of one field. At most one experiment affects a call: the one that started first and applies.
/// </para>
/// <para>
/// Thread-safe. <see cref="Stop"/>, <see cref="Kill"/> and the end of an experiment take effect at once: later calls are not affected, and
/// waiting calls continue on the thread that ended it.
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
    /// <param name="options">Whether and where chaos is allowed. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="randomizer">Returns numbers from 0 up to, but not including, 1. Must be thread-safe. Null for the system's.</param>
    /// <param name="logger">Logs who started and stopped what; null for none.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">Chaos is enabled in an environment that is not allowed.</exception>
    public ChaosController(
        ChaosOptions options, TimeProvider? timeProvider = null, Func<double>? randomizer = null, ILogger<ChaosController>? logger = null)
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

    /// <summary>Invoked for every entry of the <see cref="Log"/>, on the thread where it happened. Must be fast.</summary>
    public event Action<ChaosLogEntry>? Logged
    {
        add => _log.Logged += value;
        remove => _log.Logged -= value;
    }

    /// <summary>Gets whether experiments can be started. Never changes.</summary>
    public bool IsEnabled { get; }

    /// <summary>Gets whether the kill switch is on: nothing runs, and nothing can be started.</summary>
    public bool IsKilled => _isKilled;

    /// <summary>Gets the running experiments, in the order in which they were started.</summary>
    public IReadOnlyList<ChaosRun> Running => [.. Current()];

    /// <summary>Gets the last 1,000 log entries.</summary>
    public IReadOnlyList<ChaosLogEntry> Log => _log.Entries;

    /// <summary>The traffic that guards and game days observe.</summary>
    internal ChaosTraffic Traffic { get; }

    internal TimeProvider Clock { get; }

    /// <summary>Whether a call may be affected. Chaos points check this first.</summary>
    internal bool IsActive => _running.Length > 0;

    /// <summary>Starts an experiment.</summary>
    /// <param name="experiment">The fault, its target and its duration.</param>
    /// <param name="by">Who starts it, for the log.</param>
    /// <returns>The running experiment. Disposing it stops it.</returns>
    /// <exception cref="ArgumentException">A value is out of range, or no endpoint matches the target.</exception>
    /// <exception cref="InvalidOperationException">Chaos is not enabled, the kill switch is on, or the name is in use.</exception>
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

    /// <summary>Throws if an experiment could not be started, so that a plan can be refused before its first one starts.</summary>
    internal void Check(ChaosExperiment experiment) => ChaosExperimentCheck.Check(experiment, _maxDuration, Traffic.Endpoints);

    /// <summary>Stops an experiment.</summary>
    /// <param name="name">The name of the experiment.</param>
    /// <param name="by">Who stops it, for the log.</param>
    /// <param name="reason">Why, for the log.</param>
    /// <returns>Whether it was running.</returns>
    public bool Stop(string name, string by, string? reason = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return Array.Find(Current(), run => run.Experiment.Name == name) is { } found && End(found, ChaosLogAction.Stopped, by, reason);
    }

    /// <summary>Turns the kill switch on: stops every experiment and refuses new ones until <see cref="Revive"/>.</summary>
    /// <param name="by">Who does it, for the log.</param>
    /// <param name="reason">Why, for the log.</param>
    /// <returns>How many experiments it stopped.</returns>
    public int Kill(string by, string? reason = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return End(static _ => true, ChaosLogAction.Killed, by, reason);
    }

    /// <summary>Turns the kill switch off: experiments can be started again. Stopped experiments stay stopped.</summary>
    /// <param name="by">Who does it, for the log.</param>
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

    /// <summary>A chaos point for the application's own code: applies the experiments that target <paramref name="dependency"/>.</summary>
    /// <param name="dependency">The name that experiments target, for example "orders-db".</param>
    /// <param name="cancellationToken">Cancels a wait.</param>
    /// <returns>Completes when the code may continue: at once if no experiment targets it.</returns>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public ValueTask PassAsync(string dependency, CancellationToken cancellationToken = default) =>
        Inject(new(null, dependency, null, IsStreaming: false)) is { } injection
            ? ChaosPass.PassAsync(injection, Clock, cancellationToken)
            : default;

    /// <summary>Stops all experiments permanently.</summary>
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

    /// <summary>What to inject into a call; null for nothing.</summary>
    internal ChaosInjection? Inject(in ChaosCall call) => _running.Length == 0 ? null : InjectAny(call);

    /// <summary>The caller's tenant, if any.</summary>
    internal string? TenantOf(ChatOptions? options) =>
        _tenant is not null ? _tenant(options)
        : options is null || options.GetType() == typeof(ChatOptions) ? null

        // Of a caller's own type, which a copy of ours knows how to read.
        : (options as ResilientChatOptions ?? new(options)).CachePartition;

    /// <summary>Disposes a part together with the controller.</summary>
    internal void Own(IDisposable part)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _owned.Add(part);
        }
    }

    /// <summary>Logs that an experiment was not started.</summary>
    internal void Refuse(string? experiment, string by, string reason) =>
        _log.Tell(_log.Note(ChaosLogAction.Refused, experiment, by, reason));
}
