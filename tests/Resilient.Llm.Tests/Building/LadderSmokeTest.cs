using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public class LadderSmokeTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ladder_HealthyPrimary_PrimaryAnswers(bool streaming)
    {
        var client = new ResilientChatBuilder()
            .AddModel("primary", new ScriptedChatClient().Always(Scripted.Answer("from primary")))
            .AddModel("cheaper", new ScriptedChatClient().Always(Scripted.Answer("from cheaper")))
            .AddCachedAnswers()
            .AddLastResort()
            .Build();

        var response = await client.AskAsync(streaming, "hello");

        Assert.Equal("from primary", response.Text);
        Assert.Equal("primary", response.GetResilienceReport()!.ServedBy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ladder_PrimaryFails_CheaperAnswers(bool streaming)
    {
        var client = new ResilientChatBuilder()
            .AddModel("primary", ScriptedChatClient.Throwing(new HttpRequestException("down", null, System.Net.HttpStatusCode.Unauthorized)))
            .AddModel("cheaper", new ScriptedChatClient().Always(Scripted.Answer("from cheaper")))
            .AddLastResort()
            .Build();

        var response = await client.AskAsync(streaming, "hello");

        Assert.Equal("from cheaper", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal("cheaper", report.ServedBy);
        Assert.True(report.IsDegraded);
        Assert.Equal(FailureKind.Unauthorized, report.Attempts[0].Failure);
    }
}
