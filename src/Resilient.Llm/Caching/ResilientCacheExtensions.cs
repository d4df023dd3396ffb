using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>Adds a cache of answers above a ladder, in place of Microsoft.Extensions.AI's <c>UseDistributedCache</c>.</summary>
public static class ResilientCacheExtensions
{
    /// <summary>
    /// Adds a cache that stores only whole, undegraded answers: not the apology of a last resort, not the answer of a lesser model, nor one
    /// that broke off. It serves a stored answer before the client below is asked.
    /// </summary>
    /// <param name="builder">The pipeline. What is added later stands below the cache.</param>
    /// <param name="storage">
    /// A store that other processes share; the caller disposes it. Null: the <see cref="IDistributedCache"/> of the services that the
    /// pipeline is built with, or memory alone if there is none. Requests bound to a geography do not use it unless
    /// <see cref="CachedAnswerOptions.UseDistributedCache(IDistributedCache, string?)"/> declares in <paramref name="configure"/> where it
    /// lies.
    /// </param>
    /// <param name="configure">
    /// Changes the options. <see cref="CachedAnswerOptions.Mode"/> is <see cref="CachedAnswerMode.ReadThrough"/> unless changed here.
    /// </param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// <para>
    /// The key holds all that shapes an answer, with the tools, and with <see cref="ResilientChatOptions.CachePartition"/> and the
    /// residency of the request. It fails closed: above a ladder that requires a residency, a request that does not state one itself is
    /// neither answered from the cache nor stored, since only the ladder can find it out; and an answer without a report, which a client in
    /// between removed, is not stored. Nor is one of a ladder that such a client hides: it cannot be asked where it lets data go.
    /// </para>
    /// <para>Within a ladder, <c>AddCachedAnswers</c> does the same and serves also when every model fails.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">An option is out of range. Thrown when the pipeline is built.</exception>
    public static ChatClientBuilder UseResilientCache(
        this ChatClientBuilder builder, IDistributedCache? storage = null, Action<CachedAnswerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) =>
        {
            var options = new CachedAnswerOptions { Mode = CachedAnswerMode.ReadThrough };
            if ((storage ?? services.GetService<IDistributedCache>()) is { } store)
            {
                options.UseDistributedCache(store);
            }

            configure?.Invoke(options);
            var logger = services.GetService<ILoggerFactory>()?.CreateLogger(ResilientChatTelemetry.Name);
            return new CachedAnswerChatClient(
                inner,
                options,
                services.GetService<TimeProvider>(),
                services,
                new ChatEvents(logger is null ? NullLogger.Instance : new NonThrowingLogger(logger), new()));
        });
    }
}
