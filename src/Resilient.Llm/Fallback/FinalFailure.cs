using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <summary>Makes the failure of a request that no step answered.</summary>
internal static class FinalFailure
{
    public static AttemptFailure Of(FallbackRequest request, AttemptRecorder recorder, bool wasRefusedByResidency)
    {
        var context = request.Context;
        if (recorder.ModelsAsked == 0 && wasRefusedByResidency && !IsHolderAllowed(request))
        {
            context.Audit.IsRefused = true;
            return new(new DataResidencyException(
                $"No model that is available lies where the request's data may go ({context.Residency}), "
                + "and nothing below the models answered. Nothing was sent. "
                + "Add an endpoint there, or declare where the endpoints lie with InRegion(region, geography).",
                context.Residency));
        }

        if (recorder.HasSentNothing)
        {
            // No model saw the request, so there is no outage: the caller learns what is wrong with it.
            return context.Failure = recorder.FirstFailure!;
        }

        var report = context.ToReport(withAttempts: true);
        var tried = string.Join(
            ", ", report.Attempts.Select(static attempt => $"{attempt.Step}: {attempt.SkipReason ?? attempt.Failure?.ToString()}"));
        ChatUnavailableException exception = IsHolderAllowed(request)
            ? new ConversationUnavailableException(
                $"The conversation is held by '{request.ConversationHolder!.Endpoint.DisplayName}', which did not answer ({tried}). "
                + "No other endpoint knows it. Ask again later, or begin a new conversation with the messages so far.",
                recorder.Outage,
                report,
                recorder.First,
                recorder.Last)
            {
                RetryAfter = recorder.RetryAfter,
            }
            : new ChatUnavailableException(
                $"No rung of the ladder answered ({tried}).", recorder.Outage, report, recorder.First, recorder.Last)
            {
                RetryAfter = recorder.RetryAfter,
            };
        return new(exception, new(exception.Kind, exception.RetryAfter, exception));
    }

    /// <summary>Whether one endpoint holds the conversation, and the request's data may go there.</summary>
    private static bool IsHolderAllowed(FallbackRequest request) =>
        request.ConversationHolder is { } holder && request.Context.Residency.Allows(holder.Endpoint.Geography);
}
