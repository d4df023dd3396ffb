using System.Diagnostics;

namespace Resilient.Llm;

/// <summary>What a span tells about a request: names and kinds, never content.</summary>
internal static class ReportTags
{
    public static void Write(Activity? activity, RequestTrace trace)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("resilient_llm.source", trace.Source.ToString());
        activity.SetTag("resilient_llm.served_by", trace.ServedBy);
        activity.SetTag("resilient_llm.endpoint", trace.Endpoint?.Endpoint);
        activity.SetTag("resilient_llm.region", trace.Endpoint?.Region);
        activity.SetTag("resilient_llm.degraded", trace.IsDegraded);
        if (trace.WasContinued)
        {
            activity.SetTag("resilient_llm.continued", true);
        }
    }
}
