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

        activity.SetTag("resilient_llm.source", context.Source.ToString());
        activity.SetTag("resilient_llm.served_by", context.ServedBy);
        activity.SetTag("resilient_llm.endpoint", context.Endpoint?.Name);
        activity.SetTag("resilient_llm.region", context.Endpoint?.Region);
        activity.SetTag("resilient_llm.degraded", context.IsDegraded);
        if (context.WasContinued)
        {
            activity.SetTag("resilient_llm.continued", true);
        }
    }
}
