using Microsoft.Extensions.Logging;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <content>Where data was kept from going.</content>
internal sealed partial class ChatEvents
{
    private void Audit(RequestContext context, FailureKind? failure)
    {
        if (!context.HasAudit)
        {
            return;
        }

        var audit = context.Audit;
        var isRefused = audit.IsRefused || audit.Refusal is not null;
        if (!isRefused && !(audit.HasFailedOver && (!context.Residency.IsAnywhere || audit.Refusals.Count > 0)))
        {
            // Passing over whom it may not ask is the everyday of a bound request: nobody failed.
            return;
        }

        if (logger.IsEnabled(LogLevel.Information))
        {
            LogResidency(
                context.Residency,
                isRefused ? "refused" : failure is null ? $"answered by {context.Answer.Endpoint?.DisplayName ?? context.Answer.ServedBy}" : $"failed with {failure}",
                context.Answer.Endpoint is null || isRefused ? "-" : context.Answer.Endpoint.Geography ?? "undeclared",
                string.Join(", ", audit.Refusals.Select(static r => $"{r.Step}{(r.Endpoint is null || r.Endpoint == r.Step ? "" : "/" + r.Endpoint)} ({r.Geography ?? "undeclared"})")));
        }

        Tell(
            callbacks.OnResidencyAudit,
            static (t, f, refused, _) => new ResidencyAuditEvent(t.Residency, t.ToReport(withAttempts: true), [.. t.Audit.Refusals], refused, f, t.IsStreaming), context, failure, isRefused, 0);
    }

    /// <summary>Says at start-up which residencies no model can serve, and which endpoints no request can reach.</summary>
    public void WarnOfUnreachable(ResidencyMap map)
    {
        foreach (var reach in map.Reaches)
        {
            if (reach.Geography is { } geography && !reach.Places.Any(static place => place.Kind == ResidencyPlaceKind.Endpoint))
            {
                LogNoEndpoint(geography, map.Policy);
            }
        }

        var reached = map.ReachOf(DataResidency.Anywhere);
        foreach (var place in map.Places.Select(static p => p.Place))
        {
            if (place.Kind == ResidencyPlaceKind.Endpoint && !reached.Contains(place))
            {
                LogUnreachable(place.Name, place.Geography ?? "undeclared", map.Policy);
            }
        }
    }

    [LoggerMessage(41, LogLevel.Warning, "No model endpoint for requests bound to {Geography}, where the ladder's residency is {Policy}: add an endpoint there, or declare where endpoints lie with InRegion(region, geography)")]
    private partial void LogNoEndpoint(string geography, string policy);

    [LoggerMessage(42, LogLevel.Warning, "Endpoint {Endpoint} ({Geography}) is never asked, since the ladder's residency is {Policy}: declare where it lies with InRegion(region, geography), widen the residency or leave the endpoint out")]
    private partial void LogUnreachable(string endpoint, string geography, string policy);

    [LoggerMessage(40, LogLevel.Information, "Residency {Residency}: {Outcome} in {Geography}; kept from: {Refused}")]
    private partial void LogResidency(DataResidency residency, string outcome, string geography, string refused);
}
