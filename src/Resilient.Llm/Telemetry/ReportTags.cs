using System.Diagnostics;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Telemetry;

/// <summary>The tags of a request's span: names and kinds, never content.</summary>
internal static class ReportTags
{
    public static void Write(Activity? activity, RequestContext context)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("resilient_llm.source", context.Answer.Source.ToString());
        activity.SetTag("resilient_llm.served_by", context.Answer.ServedBy);
        activity.SetTag("resilient_llm.endpoint", context.Answer.Endpoint?.Name);
        activity.SetTag("resilient_llm.region", context.Answer.Endpoint?.Region);
        activity.SetTag("resilient_llm.degraded", context.Answer.IsDegraded);
        if (context.Answer.WasContinued)
        {
            activity.SetTag("resilient_llm.continued", true);
        }
    }
}
