using System.IO.Pipelines;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Tools of an MCP server, run by Microsoft's function invocation above a ladder.</summary>
public class McpToolTests
{
    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task Alone_NothingFails_IsTheControl(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        await using var server = await ToolServer.StartAsync();

        var answer = await AskAsync(models.Alone(), models, server, streaming);

        Assert.Equal("primary answers question 1.", answer);
        Assert.Equal(1, server.Tools.Runs["weather City1"]);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryDiesBetweenCallAndResult_FallbackGetsWhatTheServerSaid(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment is (1, true) ? Script.Status(503) : null;
        await using var server = await ToolServer.StartAsync();

        var answer = await AskAsync(models.Ladder, models, server, streaming);

        Assert.Equal("fallback answers question 1.", answer);
        models.AssertWholeHistory();
        Assert.Equal([1, 1], server.Tools.Runs.Values);
        Assert.All(models.Requests, static request => Assert.Equal(Tools.Names.Order(), request.Tools.Order()));
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryIsDown_FallbackCallsTheServer(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Dies(Script.ConnectionReset());
        await using var server = await ToolServer.StartAsync();

        var answer = await AskAsync(models.Ladder, models, server, streaming);

        Assert.Equal("fallback answers question 1.", answer);
        models.AssertWholeHistory();
        Assert.Equal([1, 1], server.Tools.Runs.Values);
    }

    private static async Task<string> AskAsync(IChatClient client, TwoModels models, ToolServer server, bool streaming)
    {
        var options = new ChatOptions { Tools = [.. await server.Client.ListToolsAsync()] };
        var user = client.AsBuilder().UseFunctionInvocation().Build();
        models.Conversation.Asks("One?");
        return streaming
            ? (await user.GetStreamingResponseAsync("One?", options).ToChatResponseAsync()).Messages[^1].Text
            : (await user.GetResponseAsync("One?", options)).Messages[^1].Text;
    }

    /// <summary>An MCP server in this process, and a client that talks to it through two pipes.</summary>
    private sealed class ToolServer : IAsyncDisposable
    {
        private readonly McpServer _server;
        private readonly Task _running;

        private ToolServer(Tools tools, McpServer server, Task running, McpClient client) =>
            (Tools, _server, _running, Client) = (tools, server, running, client);

        public Tools Tools { get; }

        public McpClient Client { get; }

        public static async Task<ToolServer> StartAsync()
        {
            var tools = new Tools();
            var (questions, answers) = (new Pipe(), new Pipe());
            var server = McpServer.Create(
                new StreamServerTransport(questions.Reader.AsStream(), answers.Writer.AsStream(), "tools"),
                new McpServerOptions
                {
                    ToolCollection = [.. Tools.Names.Select(name => McpServerTool.Create(tools.MethodOf(name), new() { Name = name }))],
                });
            var running = server.RunAsync();
            var client = await McpClient.CreateAsync(new StreamClientTransport(questions.Writer.AsStream(), answers.Reader.AsStream()));
            return new(tools, server, running, client);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await _server.DisposeAsync();
            await _running;
        }
    }
}
