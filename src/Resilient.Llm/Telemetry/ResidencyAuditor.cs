using Microsoft.Extensions.Logging;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>Reports requests that were refused for their residency, or that failed over while bound by it.</summary>
internal sealed class ResidencyAuditor(ILogger logger, ChatCallbacks callbacks)
{
    public void Audit(RequestContext context, FailureKind? failure)
    {
        if (!context.HasAudit)
        {
            return;
        }

        var audit = context.Audit;
        var isRefused = audit.IsRefused || audit.Refusal is not null;
        if (!isRefused && !(audit.HasFailedOver && (!context.Residency.IsAnywhere || audit.Refusals.Count > 0)))
        {
            // A bound request skips endpoints that it may not reach. That alone is not a failover.
            return;
        }

        if (logger.IsEnabled(LogLevel.Information))
        {
            logger.LogResidency(
                context.Residency,
                Outcome(context, failure, isRefused),
                context.Answer.Endpoint is null || isRefused ? "-" : context.Answer.Endpoint.Geography ?? "undeclared",
                string.Join(", ", audit.Refusals.Select(Describe)));
        }

        callbacks.OnResidencyAudit?.Invoke(
            new(context.Residency, context.ToReport(withAttempts: true), [.. audit.Refusals], isRefused, failure, context.IsStreaming));
    }

    private static string Outcome(RequestContext context, FailureKind? failure, bool isRefused) =>
        isRefused ? "refused"
        : failure is null ? $"answered by {context.Answer.Endpoint?.DisplayName ?? context.Answer.ServedBy}"
        : $"failed with {failure}";

    private static string Describe(ResidencyRefusal refusal)
    {
        var endpoint = refusal.Endpoint is null || refusal.Endpoint == refusal.Step ? string.Empty : "/" + refusal.Endpoint;
        return $"{refusal.Step}{endpoint} ({refusal.Geography ?? "undeclared"})";
    }
}
