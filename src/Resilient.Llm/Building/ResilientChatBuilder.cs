using Microsoft.Extensions.AI;
using Resilient.Llm.Building;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Composes a ladder: models best first, cached answers, last resort.</summary>
/// <remarks>
/// Rungs stand in the order in which they are added. Policies set here are the start for every model. Mistakes are found by
/// <see cref="Build"/>, with a message that says how to fix them. Not thread-safe.
/// </remarks>
public sealed partial class ResilientChatBuilder : ChatPolicyBuilder<ResilientChatBuilder>
{
    private readonly List<StepPlan> _steps = [];
    private readonly List<Func<IChatClient, IServiceProvider, IChatClient>> _above = [];
    private readonly ResilientChatClientOptions _options = new();
    private readonly ChatFallbackOptions _fallback = new();
    private ChatProbeOptions? _probes;
    private ChatCallbacks _callbacks = new();
    private TimeProvider? _timeProvider;
    private Func<double>? _randomizer;

    internal string? Region { get; private set; }

    internal string? Geography { get; private set; }

    /// <summary>Adds the keyed <see cref="IChatClient"/> of that name from the service provider, which goes on owning it.</summary>
    /// <param name="name">The model's name in reports, and the key.</param>
    public ResilientChatBuilder AddModel(string name) => AddModel(name, static _ => { });

    /// <inheritdoc cref="AddModel(string)"/>
    /// <param name="name">The model's name in reports, and the key.</param>
    /// <param name="configure">Configures the model.</param>
    public ResilientChatBuilder AddModel(string name, Action<ChatModelBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return Add(name, ClientSource.Keyed(name), configure);
    }

    /// <summary>Adds a model.</summary>
    /// <param name="name">The model's name in reports.</param>
    /// <param name="client">The client. It stays yours: disposing the ladder does not dispose it.</param>
    /// <param name="configure">Configures the model.</param>
    public ResilientChatBuilder AddModel(string name, IChatClient client, Action<ChatModelBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return Add(name, new(_ => client, IsOwned: false), configure);
    }

    /// <summary>Adds a model.</summary>
    /// <param name="name">The model's name in reports.</param>
    /// <param name="factory">
    /// Makes the client, once, when the ladder is built. The ladder disposes it: for a keyed client that the container owns, use
    /// <see cref="AddModel(string)"/>.
    /// </param>
    /// <param name="configure">Configures the model.</param>
    public ResilientChatBuilder AddModel(string name, Func<IServiceProvider, IChatClient> factory, Action<ChatModelBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(name, new(factory, IsOwned: true), configure);
    }

    /// <summary>
    /// Adds stored answers: as a rung for when the models above fail, or (<see cref="CachedAnswerMode.ReadThrough"/>) in front of the
    /// ladder.
    /// </summary>
    /// <param name="configure">Changes the defaults.</param>
    public ResilientChatBuilder AddCachedAnswers(Action<CachedAnswerOptions>? configure = null)
    {
        var options = DeclaredCachedAnswers ?? new();
        DeclaredCachedAnswers = null;
        configure?.Invoke(options);
        _steps.Add(new CachedAnswersPlan(options));
        return this;
    }

    /// <summary>Adds the rung that always answers: rules, then search, then an apology. Nothing can stand below it.</summary>
    /// <remarks>
    /// It declines only where the caller asked for JSON and no rule supplies it. Of ladders within each other give it to the outermost
    /// alone: an inner ladder that always answers lets nothing below it have a turn.
    /// </remarks>
    /// <param name="configure">Adds rules, stored questions and searches.</param>
    public ResilientChatBuilder AddLastResort(Action<LastResortBuilder>? configure = null)
    {
        var lastResort = DeclaredLastResort ?? new();
        DeclaredLastResort = null;
        configure?.Invoke(lastResort);
        _steps.Add(new LastResortPlan(lastResort));
        return this;
    }

    /// <summary>Sets the deadline of every request: to the answer, or to the first content of a stream.</summary>
    /// <param name="deadline">
    /// Default without this: 100 seconds to an answer, 30 seconds to first content. Range: above zero, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    public ResilientChatBuilder AnswerWithin(TimeSpan deadline) => AnswerWithin(deadline, deadline);

    /// <summary>Sets the deadlines of every request.</summary>
    /// <param name="answer">
    /// Of a plain call, to its answer. Default without this: 100 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    /// <param name="firstContent">
    /// Of a streaming call, to its first content. Default without this: 30 seconds. Range: above zero, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    public ResilientChatBuilder AnswerWithin(TimeSpan answer, TimeSpan firstContent)
    {
        _options.AnswerWithin = answer;
        _options.FirstContentWithin = firstContent;
        return this;
    }

    /// <summary>
    /// Declares where the application itself runs. It covers the memory cache and searches in the application's own process.
    /// </summary>
    /// <param name="region">For example "swedencentral".</param>
    /// <param name="geography">The geography that residencies speak of, for example "EU".</param>
    public ResilientChatBuilder RunsIn(string region, string geography)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(region);
        ArgumentException.ThrowIfNullOrWhiteSpace(geography);
        (Region, Geography) = (region.Trim(), geography.Trim());
        return this;
    }

    /// <summary>Binds the data of every request. A request's own residency can only narrow it.</summary>
    /// <param name="residency">For example <c>DataResidency.Within("EU")</c>.</param>
    public ResilientChatBuilder WithResidency(DataResidency residency)
    {
        ArgumentNullException.ThrowIfNull(residency);
        _options.Residency = residency;
        return this;
    }

    /// <summary>
    /// Refuses every request that does not say where its data may go, with a <see cref="DataResidencyException"/>.
    /// <see cref="DataResidency.Anywhere"/> says it too. <see cref="WithResidency"/> does not: it is the ladder's, and binds on top.
    /// </summary>
    /// <param name="resolver">
    /// Says it for requests that carry no residency themselves, for example by the tenant of the current user. It runs once a request, on
    /// the request's path (a stream's: when its enumeration begins), and gets a copy of the options that were passed, or null where none
    /// were. Where it returns null or throws, the request is refused. It must be quick and thread-safe. Null: requests say it themselves.
    /// </param>
    /// <remarks>
    /// A request's own residency takes the place of the resolver's. What no request may widen belongs into <see cref="WithResidency"/>.
    /// </remarks>
    public ResilientChatBuilder RequireResidency(Func<ChatOptions?, DataResidency?>? resolver = null)
    {
        _options.Required = new(resolver ?? _options.Required?.Resolver);
        return this;
    }

    /// <summary>Sets how a request's time is divided between the rungs, and what becomes of a stream that breaks.</summary>
    /// <param name="configure">Changes the defaults.</param>
    public ResilientChatBuilder WithFallback(Action<ChatFallbackOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_fallback);
        return this;
    }

    /// <summary>
    /// Probes endpoints actively, within a budget: one whose circuit's break has ended, so that no user pays for the trial, and, if asked
    /// for, those that get no calls. Off without this. <c>AddResilientChat</c> registers the hosted service that runs them; without a host
    /// see <see cref="ChatProbes"/>, which also says what a probe is.
    /// </summary>
    /// <param name="configure">Changes the defaults.</param>
    public ResilientChatBuilder WithActiveProbes(Action<ChatProbeOptions>? configure = null)
    {
        _probes ??= new();
        configure?.Invoke(_probes);
        return this;
    }

    /// <summary>Sets what happens to options of a type derived from <c>ChatOptions</c> that a copy would rob of what it adds.</summary>
    /// <param name="handling">Default without this: <see cref="UnknownOptionsHandling.Refuse"/>.</param>
    public ResilientChatBuilder WithUnknownOptions(UnknownOptionsHandling handling)
    {
        _options.UnknownOptions = handling;
        return this;
    }

    /// <summary>
    /// Puts a client of your own above the ladder, for example one that invokes functions, so that a retry never runs a tool twice. The
    /// first one added is outermost.
    /// </summary>
    /// <param name="decorate">Wraps the ladder.</param>
    public ResilientChatBuilder Use(Func<IChatClient, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        return Use((client, _) => decorate(client));
    }

    /// <inheritdoc cref="Use(Func{IChatClient, IChatClient})"/>
    public ResilientChatBuilder Use(Func<IChatClient, IServiceProvider, IChatClient> decorate)
    {
        ArgumentNullException.ThrowIfNull(decorate);
        _above.Add(decorate);
        return this;
    }

    /// <summary>
    /// Invoked before every retry. Callbacks run on the request's path: be quick and thread-safe. What they throw is logged and forgotten.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnRetry(Action<ChatRetryEvent> callback) =>
        On(callback, _callbacks with { OnRetry = _callbacks.OnRetry + callback });

    /// <summary>
    /// Invoked when the ladder steps down: a rung failed, or was passed over, also at every request while its circuit is open. Of a broken
    /// stream that another model goes on with, <see cref="OnCompleted"/> tells. See <see cref="OnRetry"/> for what callbacks must be.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnFallback(Action<ChatFallbackEvent> callback) =>
        On(callback, _callbacks with { OnFallback = _callbacks.OnFallback + callback });

    /// <summary>Invoked after a circuit changed its state. See <see cref="OnRetry"/> for what callbacks must be.</summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnCircuitChanged(Action<ChatCircuitEvent> callback) =>
        On(callback, _callbacks with { OnCircuitChanged = _callbacks.OnCircuitChanged + callback });

    /// <summary>Invoked when a request ended, with or without an answer. See <see cref="OnRetry"/> for what callbacks must be.</summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnCompleted(Action<ChatCompletedEvent> callback) =>
        On(callback, _callbacks with { OnCompleted = _callbacks.OnCompleted + callback });

    /// <summary>
    /// Invoked at the end of every request bound to geographies that failed over (another endpoint answered than the first that may have
    /// its data, or none did), or was refused for its residency. See <see cref="OnRetry"/> for what callbacks must be.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnResidencyAudit(Action<ResidencyAuditEvent> callback) =>
        On(callback, _callbacks with { OnResidencyAudit = _callbacks.OnResidencyAudit + callback });

    /// <summary>Sets the clock of the whole ladder: for tests in virtual time.</summary>
    /// <param name="timeProvider">Default without this: the <see cref="TimeProvider"/> of the services, else the system's.</param>
    public ResilientChatBuilder WithTimeProvider(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _timeProvider = timeProvider;
        return this;
    }

    /// <summary>Sets the randomness of jitter: for tests that repeat.</summary>
    /// <param name="randomizer">
    /// Yields numbers from 0 up to, not including, 1. Must be thread-safe. Default without this: the system's.
    /// </param>
    public ResilientChatBuilder WithRandomizer(Func<double> randomizer)
    {
        ArgumentNullException.ThrowIfNull(randomizer);
        _randomizer = randomizer;
        return this;
    }

    private ResilientChatBuilder On(Delegate callback, ChatCallbacks callbacks)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _callbacks = callbacks;
        return this;
    }

    private ResilientChatBuilder Add(string name, ClientSource source, Action<ChatModelBuilder>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var declared = _steps.FindIndex(step => step is ModelPlan { AwaitsClient: true } plan && plan.Model.Name == name);
        var model = declared < 0 ? new(name) : ((ModelPlan)_steps[declared]).Model;
        configure?.Invoke(model);
        if (declared < 0)
        {
            _steps.Add(new ModelPlan(model, source));
        }
        else
        {
            _steps[declared] = new ModelPlan(model, source);
        }

        return this;
    }
}
