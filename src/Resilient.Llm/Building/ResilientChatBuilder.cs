using Microsoft.Extensions.AI;
using Resilient.Llm.Building;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Composes a ladder: models best first, cached answers, last resort.</summary>
/// <remarks>
/// Steps stand in the order of addition. Policies set here are the start for every model. <see cref="Build"/> finds mistakes, with a
/// message that says how to fix them. Not thread-safe.
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

    /// <summary>Adds the keyed <see cref="IChatClient"/> of that name from the service provider, which keeps owning it.</summary>
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
    /// <param name="client">The client. The caller keeps ownership: disposing the ladder does not dispose it.</param>
    /// <param name="configure">Configures the model.</param>
    public ResilientChatBuilder AddModel(string name, IChatClient client, Action<ChatModelBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return Add(name, new(_ => client, IsOwned: false), configure);
    }

    /// <summary>Adds a model.</summary>
    /// <param name="name">The model's name in reports.</param>
    /// <param name="factory">
    /// Makes the client, once, when the ladder is built. The ladder disposes it: for a client that the container owns, use
    /// <see cref="AddModel(string)"/>.
    /// </param>
    /// <param name="configure">Configures the model.</param>
    public ResilientChatBuilder AddModel(
        string name, Func<IServiceProvider, IChatClient> factory, Action<ChatModelBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return Add(name, new(factory, IsOwned: true), configure);
    }

    /// <summary>
    /// Adds stored answers: as a step below the models, or (<see cref="CachedAnswerMode.ReadThrough"/>) in front of the ladder.
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

    /// <summary>Adds the step that always answers: rules, then search, then an apology. Nothing can stand below it.</summary>
    /// <remarks>
    /// It declines only if the caller asked for JSON and no rule supplies it. Of nested ladders add it to the outermost only: an inner
    /// ladder that always answers hides everything below it.
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
    /// Default: 100 seconds to an answer, 30 seconds to first content. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    public ResilientChatBuilder AnswerWithin(TimeSpan deadline) => AnswerWithin(deadline, deadline);

    /// <summary>Sets the deadlines of every request.</summary>
    /// <param name="answer">
    /// For a plain call, to its answer. Default: 100 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    /// <param name="firstContent">
    /// For a stream, to its first content. Default: 30 seconds. Range: above zero, or <see cref="Timeout.InfiniteTimeSpan"/>.
    /// </param>
    public ResilientChatBuilder AnswerWithin(TimeSpan answer, TimeSpan firstContent)
    {
        _options.AnswerWithin = answer;
        _options.FirstContentWithin = firstContent;
        return this;
    }

    /// <summary>Declares where the application runs. It applies to the memory cache and to searches in the application's process.</summary>
    /// <param name="region">For example "swedencentral".</param>
    /// <param name="geography">The geography, as named in residencies, for example "EU".</param>
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
    /// Refuses every request that states no residency, with a <see cref="DataResidencyException"/>. <see cref="DataResidency.Anywhere"/>
    /// counts as stated; <see cref="WithResidency"/> does not: it is the ladder's, and applies in addition.
    /// </summary>
    /// <param name="resolver">
    /// States the residency of requests that carry none, for example by the tenant of the current user. It runs once per request, on the
    /// request's path (a stream's: when its enumeration begins), with a copy of the options that were passed, or null if there were none.
    /// If it returns null or throws, the request is refused. It must be quick and thread-safe. Null: requests state it themselves.
    /// </param>
    /// <remarks>
    /// A request's own residency replaces the resolver's. Use <see cref="WithResidency"/> for a bound that no request may widen.
    /// </remarks>
    public ResilientChatBuilder RequireResidency(Func<ChatOptions?, DataResidency?>? resolver = null)
    {
        _options.Required = new(resolver ?? _options.Required?.Resolver);
        return this;
    }

    /// <summary>Sets how a request's time is divided between the steps, and what happens to a stream that breaks.</summary>
    /// <param name="configure">Changes the defaults.</param>
    public ResilientChatBuilder WithFallback(Action<ChatFallbackOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(_fallback);
        return this;
    }

    /// <summary>
    /// Shortens a history that is too long for a model, and asks the same endpoint once more. A model declared with a larger window, which
    /// answers the whole history, is asked first.
    /// </summary>
    /// <param name="reducer">
    /// For example one that keeps the last twenty messages. For its rules see <see cref="ChatFallbackOptions.Reducer"/>. Those that come
    /// with Microsoft.Extensions.AI are marked experimental (MEAI001) still; the interface is not.
    /// </param>
    public ResilientChatBuilder WithReducer(IChatReducer reducer)
    {
        ArgumentNullException.ThrowIfNull(reducer);
        _fallback.Reducer = reducer;
        return this;
    }

    /// <summary>
    /// Lets the conversation ids of providers reach callers who sent none: for those who want the provider to keep the conversation. Such a
    /// conversation goes on at the endpoint that holds it, or not at all. See <see cref="ChatFallbackOptions.KeepConversationIds"/>.
    /// </summary>
    public ResilientChatBuilder KeepConversationIds()
    {
        _fallback.KeepConversationIds = true;
        return this;
    }

    /// <summary>
    /// Probes endpoints actively, within a budget: those whose break has ended, so that no user's request is the trial, and, if enabled,
    /// those without calls. Off by default. <c>AddResilientChat</c> registers the hosted service that runs them; for use without a host,
    /// and for what a probe is, see <see cref="ChatProbes"/>.
    /// </summary>
    /// <param name="configure">Changes the defaults.</param>
    public ResilientChatBuilder WithActiveProbes(Action<ChatProbeOptions>? configure = null)
    {
        _probes ??= new();
        configure?.Invoke(_probes);
        return this;
    }

    /// <summary>
    /// Adds a client above the ladder, for example one that invokes functions, so that a retry never runs a tool twice. The first one added
    /// is outermost.
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
    /// Invoked before every retry. Callbacks run on the request's path: be quick and thread-safe. Their exceptions are logged and ignored.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnRetry(Action<ChatRetryEvent> callback) =>
        On(callback, _callbacks with { OnRetry = _callbacks.OnRetry + callback });

    /// <summary>
    /// Invoked when the ladder steps down: a step failed or was skipped, also at every request while its circuit is open.
    /// <see cref="OnCompleted"/> reports continued streams. For the rules of callbacks see <see cref="OnRetry"/>.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnFallback(Action<ChatFallbackEvent> callback) =>
        On(callback, _callbacks with { OnFallback = _callbacks.OnFallback + callback });

    /// <summary>Invoked after a circuit changed its state. For the rules of callbacks see <see cref="OnRetry"/>.</summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnCircuitChanged(Action<ChatCircuitEvent> callback) =>
        On(callback, _callbacks with { OnCircuitChanged = _callbacks.OnCircuitChanged + callback });

    /// <summary>Invoked when a request ended, with or without an answer. For the rules of callbacks see <see cref="OnRetry"/>.</summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnCompleted(Action<ChatCompletedEvent> callback) =>
        On(callback, _callbacks with { OnCompleted = _callbacks.OnCompleted + callback });

    /// <summary>
    /// Invoked at the end of every request bound to geographies that was refused for its residency or failed over: not the first endpoint
    /// that may have its data answered, or none did. For the rules of callbacks see <see cref="OnRetry"/>.
    /// </summary>
    /// <param name="callback">The callback; several are all called.</param>
    public ResilientChatBuilder OnResidencyAudit(Action<ResidencyAuditEvent> callback) =>
        On(callback, _callbacks with { OnResidencyAudit = _callbacks.OnResidencyAudit + callback });

    /// <summary>Sets the clock of the whole ladder, for tests in virtual time.</summary>
    /// <param name="timeProvider">Default: the <see cref="TimeProvider"/> of the services, else the system's.</param>
    public ResilientChatBuilder WithTimeProvider(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        _timeProvider = timeProvider;
        return this;
    }

    /// <summary>Sets the randomness of jitter, for repeatable tests.</summary>
    /// <param name="randomizer">Yields numbers from 0 up to, not including, 1. Must be thread-safe. Default: the system's.</param>
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
