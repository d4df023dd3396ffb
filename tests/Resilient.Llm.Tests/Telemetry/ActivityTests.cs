using System.Diagnostics;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class ActivityTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Span_IsCurrentForTheProviderAndNotForTheCaller(bool streaming)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ResilientChatTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var caller = new Activity("caller").Start();
        var seen = new List<Activity?>();
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.Use(c => new ListeningClient(c, (_, _) => seen.Add(Activity.Current)))).Build();

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Same(caller, Activity.Current);
        Assert.Equal(2, seen.Count);
        Assert.All(seen, span => Assert.Equal(("resilient_chat", caller.SpanId), (span!.OperationName, span.ParentSpanId)));
        Assert.Equal("primary", seen[0]!.GetTagItem("resilient_llm.served_by"));
        Assert.True(seen[0]!.IsStopped);
    }
}
