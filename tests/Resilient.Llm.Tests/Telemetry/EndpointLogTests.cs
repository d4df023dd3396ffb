using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>What operators read of a model in several regions: it must say which of them.</summary>
public sealed class EndpointLogTests
{
    [BothWays]
    public async Task StepDown_OfAModelWithSeveralEndpoints_NamesTheEndpoint(bool streaming)
    {
        using var log = new LogCapture(LogLevel.Information);
        var lab = new LadderLab();
        using var ladder = lab.Builder()
            .AddModel("primary", model => model
                .AddEndpoint("sweden", new ScriptedChatClient().Always(Scripted.Throw(LadderLab.Status(404))))
                .AddEndpoint("france", new ScriptedChatClient().Always(Scripted.Answer("from france"))))
            .Build(log.Services);

        await ladder.AskAsync(streaming);

        Assert.Contains(log.Entries, static entry => entry is { Id: 2, Level: LogLevel.Warning } && entry.Message.StartsWith("primary/sweden failed", StringComparison.Ordinal));
    }
}
