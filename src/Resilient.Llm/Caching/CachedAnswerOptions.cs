using Microsoft.Extensions.Caching.Distributed;

namespace Resilient.Llm;

/// <summary>How answers are stored and when stored answers are served.</summary>
/// <remarks>Not thread-safe. Copied and checked when the client is built: later changes have no effect.</remarks>
public sealed class CachedAnswerOptions
{
    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(365);
    private static readonly TimeSpan ShortestStoreTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestStoreTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Gets or sets when stored answers are served.</summary>
    /// <value>Default: <see cref="CachedAnswerMode.OnFailure"/>.</value>
    public CachedAnswerMode Mode { get; set; }

    /// <summary>Gets or sets which messages make two questions the same.</summary>
    /// <value>Default: <see cref="CachedAnswerScope.WholeConversation"/>.</value>
    public CachedAnswerScope Scope { get; set; }

    /// <summary>Gets or sets how old an answer may be to be served.</summary>
    /// <value>Default: 24 hours. Range: above zero, at most 365 days.</value>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Gets or sets the estimated memory limit for answers in this process, in bytes. The least recently used go first.</summary>
    /// <value>Default: 64 MiB. Range: 0 (hold nothing in memory) and up.</value>
    public long MemoryLimit { get; set; } = 64L * 1024 * 1024;

    /// <summary>Gets or sets how long a distributed store may take to answer; after that it counts as a miss.</summary>
    /// <value>Default: 100 ms. Range: 1 ms to 1 minute.</value>
    /// <remarks>In <see cref="CachedAnswerMode.ReadThrough"/> a hanging store delays every request this long.</remarks>
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets or sets how many writes to a distributed store may be in progress; further answers are not written there.</summary>
    /// <value>Default: 256. Range: 1 to 65,536.</value>
    public int MaxPendingWrites { get; set; } = 256;

    /// <summary>
    /// Gets or sets the geography of this process: answers to a bound request are held in memory only if the request allows it.
    /// </summary>
    /// <value>Default: null, what the builder's <c>RunsIn</c> declares; undeclared, bound requests are not held in memory.</value>
    public string? Geography { get; set; }

    internal IDistributedCache? DistributedCache { get; private set; }

    internal string? DistributedGeography { get; private set; }

    internal bool ResolvesDistributedCache { get; private set; }

    /// <summary>Also keeps answers in a store that other processes share.</summary>
    /// <param name="cache">
    /// The store. The caller disposes it. Its methods must not block: a synchronous wait inside them cannot be cut short.
    /// </param>
    /// <param name="geography">Where the store keeps its data; null: undeclared, so requests bound to a geography do not use it.</param>
    /// <returns>These options.</returns>
    /// <remarks>
    /// Answers are stored as readable JSON under a hash of the question. Read access to the store gives access to the answers.
    /// </remarks>
    public CachedAnswerOptions UseDistributedCache(IDistributedCache cache, string? geography = null)
    {
        ArgumentNullException.ThrowIfNull(cache);
        (DistributedCache, DistributedGeography, ResolvesDistributedCache) = (cache, geography, false);
        return this;
    }

    /// <summary>Also keeps answers in the <see cref="IDistributedCache"/> that is registered with the container.</summary>
    /// <param name="geography">Where the store keeps its data; null: undeclared, so requests bound to a geography do not use it.</param>
    /// <returns>These options.</returns>
    /// <remarks><inheritdoc cref="UseDistributedCache(IDistributedCache, string?)" path="/remarks"/></remarks>
    public CachedAnswerOptions UseDistributedCache(string? geography = null)
    {
        (DistributedCache, DistributedGeography, ResolvesDistributedCache) = (null, geography, true);
        return this;
    }

    /// <summary>Throws if a value is out of range. Needs no services.</summary>
    /// <exception cref="ArgumentException">The message names the option, the value and the fix.</exception>
    internal void Validate()
    {
        Require(Enum.IsDefined(Mode), nameof(Mode), Mode, "OnFailure or ReadThrough");
        Require(Enum.IsDefined(Scope), nameof(Scope), Scope, "WholeConversation or SystemAndLastUserMessage");
        Require(MaxAge > TimeSpan.Zero && MaxAge <= LongestAge, nameof(MaxAge), MaxAge, $"above zero and at most {LongestAge}");
        Require(MemoryLimit >= 0, nameof(MemoryLimit), MemoryLimit, "0 (hold nothing in memory) or above, in bytes");
        Require(
            StoreTimeout >= ShortestStoreTimeout && StoreTimeout <= LongestStoreTimeout,
            nameof(StoreTimeout), StoreTimeout, $"{ShortestStoreTimeout} to {LongestStoreTimeout}");
        Require(MaxPendingWrites is > 0 and <= 65_536, nameof(MaxPendingWrites), MaxPendingWrites, "1 to 65536");
        RequireGeography(Geography, nameof(Geography));
        RequireGeography(DistributedGeography, "UseDistributedCache(geography)");
        Require(
            MemoryLimit > 0 || DistributedCache is not null || ResolvesDistributedCache, nameof(MemoryLimit), MemoryLimit,
            "above zero where no distributed store is used, or nothing would ever be stored");
    }

    /// <summary>A private, validated copy with its distributed store resolved.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    /// <exception cref="InvalidOperationException">A distributed store was asked for and none is registered.</exception>
    internal CachedAnswerOptions ToChecked(IServiceProvider? services)
    {
        Validate();
        var copy = (CachedAnswerOptions)MemberwiseClone();
        if (ResolvesDistributedCache)
        {
            copy.DistributedCache = services?.GetService(typeof(IDistributedCache)) as IDistributedCache
                ?? throw new InvalidOperationException(
                    "CachedAnswerOptions.UseDistributedCache was asked to take the IDistributedCache from the container, but "
                    + (services is null ? "there is no container" : "none is registered")
                    + ". Register one before building the client, or pass the store itself: UseDistributedCache(cache, geography).");
        }

        return copy;
    }

    private static void RequireGeography(string? geography, string name) =>
        Require(geography is null || !string.IsNullOrWhiteSpace(geography), name, "blank", "null (undeclared) or a name such as \"EU\"");

    private static void Require(bool condition, string name, object value, string fix)
    {
        if (!condition)
        {
            throw new ArgumentException($"CachedAnswerOptions.{name} is {value}. Set it to {fix}.", name);
        }
    }
}
