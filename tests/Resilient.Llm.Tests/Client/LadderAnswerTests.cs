using System.Net;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderAnswerTests
{
    [BothWays]
    public async Task Ladder_HealthyPrimary_PrimaryAnswers(bool streaming)
    {
        using var client = new ResilientChatBuilder()
            .AddModel("primary", ScriptedChatClient.Answering("from primary"))
            .AddModel("cheaper", ScriptedChatClient.Answering("from cheaper"))
            .AddCachedAnswers()
            .AddLastResort()
            .Build();

        var response = await client.AskAsync(streaming);

        Assert.Equal("from primary", response.Text);
        Assert.Equal("primary", response.GetResilienceReport()!.ServedBy);
    }

    [BothWays]
    public async Task Ladder_PrimaryFails_CheaperAnswers(bool streaming)
    {
        using var client = new ResilientChatBuilder()
            .AddModel("primary", ScriptedChatClient.Throwing(new HttpRequestException("down", null, HttpStatusCode.Unauthorized)))
            .AddModel("cheaper", ScriptedChatClient.Answering("from cheaper"))
            .AddLastResort()
            .Build();

        var response = await client.AskAsync(streaming);

        Assert.Equal("from cheaper", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal("cheaper", report.ServedBy);
        Assert.True(report.IsDegraded);
        Assert.Equal(FailureKind.Unauthorized, report.Attempts[0].Failure);
    }
}
