using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Resilient.Llm.Building;
using Resilient.Llm.Shared;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <content>Makes the clients of a planned ladder.</content>
public sealed partial class ResilientChatBuilder
{
    /// <summary>Makes the ladder, and the clients above it.</summary>
    internal IChatClient Compose(LadderPlan plan, IServiceProvider? services)
    {
        using var recursion = LadderRecursion.Enter(this);
        services ??= EmptyServices.Instance;
        var events = new ChatEvents(
            services.GetService<ILoggerFactory>()?.CreateLogger(ResilientChatTelemetry.Name) is { } logger
                ? new NonThrowingLogger(logger)
                : NullLogger.Instance,
            _callbacks);
        var composer = new LadderComposer(
            services,
            Region,
            Geography,
            _timeProvider ?? services.GetService<TimeProvider>() ?? TimeProvider.System,
            _randomizer ?? Randomness.Default,
            events);

        IChatClient root = composer.Compose(plan, _options, _fallback, _probes, _above.Count);
        var ladder = root;
        try
        {
            for (var i = _above.Count - 1; i >= 0; i--)
            {
                ladder = _above[i](ladder, services)
                    ?? throw new InvalidOperationException(
                        "A client above the ladder is missing: a function given to Use returned null. "
                        + "Return the client that wraps the given one.");
            }

            if (_above.Count > 0)
            {
                CachesAbove.Warn(events, ladder, root);
            }

            return ladder;
        }
        catch
        {
            ladder.Dispose();
            throw;
        }
    }

    private sealed class EmptyServices : IServiceProvider, IKeyedServiceProvider
    {
        public static EmptyServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;

        public object? GetKeyedService(Type serviceType, object? serviceKey) => null;

        public object GetRequiredKeyedService(Type serviceType, object? serviceKey) =>
            throw new InvalidOperationException(
                $"No {serviceType.Name} '{serviceKey}': the ladder is built without services. "
                + "Pass an IServiceProvider to Build, or clients to AddModel.");
    }
}
