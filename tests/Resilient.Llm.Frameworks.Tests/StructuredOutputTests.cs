using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Answers of a type: <c>GetResponseAsync&lt;T&gt;</c>, its streamed counterpart, and agents' <c>RunAsync&lt;T&gt;</c>.</summary>
public class StructuredOutputTests
{
    private const string OfPrimary = """{"city":"Paris","degrees":21}""";
    private const string OfFallback = """{"city":"Paris","degrees":19}""";

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task Alone_NothingFails_IsTheControl(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await StartAsync(primary, fallback);

        Assert.Equal(new Forecast("Paris", 21), await AskAsync(models.Alone(), models, streaming));
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryIsDown_FallbackIsAskedForTheSameSchema(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await StartAsync(primary, fallback);
        models.Primary.Dies();

        Assert.Equal(new Forecast("Paris", 19), await AskAsync(models.Ladder, models, streaming));

        models.AssertWholeHistory();
        Assert.All(models.Requests, static request => Assert.Contains("degrees", request.RawBody, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryDiesBetweenCallAndResult_FallbackAnswersAsTyped(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await StartAsync(primary, fallback);
        models.Primary.ToolsPerTurn = models.Fallback.ToolsPerTurn = Tools.Names.Length;
        models.Primary.Outage = static moment => moment.HasResults ? Script.Status(503) : null;
        var tools = new Tools();

        var forecast = await AskAsync(
            models.Ladder.AsBuilder().UseFunctionInvocation().Build(), models, streaming, new() { Tools = tools.Functions });

        Assert.Equal(new Forecast("Paris", 19), forecast);
        models.AssertWholeHistory();
        Assert.Equal([1, 1], tools.Runs.Values);
    }

    [Theory]
    [MemberData(nameof(Pairs.OneWay), MemberType = typeof(Pairs))]
    public async Task RunAsyncOfAnAgent_PrimaryIsDownInTheSecondTurn_EachAnswerIsOfTheType(WireProtocol primary, WireProtocol fallback)
    {
        await using var models = await StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment.Turn == 2 ? Script.Status(503) : null;
        var agent = new ChatClientAgent(models.Ladder, "You know the weather.");
        var session = await agent.CreateSessionAsync();
        var forecasts = new List<Forecast>();

        foreach (var question in (string[])["One?", "Two?", "Three?"])
        {
            models.Conversation.Asks(question);
            forecasts.Add((await agent.RunAsync<Forecast>(question, session)).Result);
        }

        Assert.Equal([new("Paris", 21), new("Paris", 19), new("Paris", 21)], forecasts);
        models.AssertWholeHistory();
    }

    private static async Task<TwoModels> StartAsync(WireProtocol primary, WireProtocol fallback)
    {
        var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.ToolsPerTurn = models.Fallback.ToolsPerTurn = 0;
        models.Primary.Answer = static _ => OfPrimary;
        models.Fallback.Answer = static _ => OfFallback;
        return models;
    }

    private static async Task<Forecast> AskAsync(IChatClient client, TwoModels models, bool streaming, ChatOptions? options = null)
    {
        models.Conversation.Asks("One?");
        if (!streaming)
        {
            return (await client.GetResponseAsync<Forecast>("One?", options)).Result;
        }

        options ??= new();
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema<Forecast>();
        var response = await client.GetStreamingResponseAsync("One?", options).ToChatResponseAsync();
        return JsonSerializer.Deserialize<Forecast>(response.Messages[^1].Text, JsonSerializerOptions.Web)!;
    }

    private sealed record Forecast(string City, int Degrees);
}
