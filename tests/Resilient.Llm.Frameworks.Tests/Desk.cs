using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>An agent with two tools, its session, and the process that both live in.</summary>
internal sealed class Desk(TwoModels models, bool streaming, bool isAlone = false, bool hasSession = true)
{
    private const string Instructions = "You know the weather and the time.";

    private readonly Tools _tools = new();
    private ChatClientAgent? _agent;
    private AgentSession? _session;

    /// <summary>Whether the user must approve each call.</summary>
    public bool NeedsApproval { get; init; }

    /// <summary>The last text of each run.</summary>
    public List<string> Answers { get; } = [];

    /// <summary>Who answered each run last, as the report says that the run carries.</summary>
    public List<string?> ServedBy { get; } = [];

    /// <summary>The session as it was stored at the last restart.</summary>
    public string Stored { get; private set; } = "";

    /// <summary>The calls that the last run asks approval for.</summary>
    public IReadOnlyList<ToolApprovalRequestContent> Pending { get; private set; } = [];

    /// <param name="question">The question of this turn.</param>
    /// <param name="then">The answer, if no model gives it in the form in which it is delivered.</param>
    public async Task AskAsync(string question, string? then = null)
    {
        models.Conversation.Asks(question);
        await RunAsync(new(ChatRole.User, question));
        if (then is not null)
        {
            models.Conversation.Answers(then);
        }
    }

    public Task ApproveAsync() => RunAsync(new(ChatRole.User, [.. Pending.Select(static request => request.CreateResponse(true))]));

    /// <summary>What a web application does between two requests: the session becomes JSON, and lives on in another process.</summary>
    public async Task RestartAsync()
    {
        Stored = (await _agent!.SerializeSessionAsync(_session!)).GetRawText();
        await models.RestartAsync();
        _agent = NewAgent();
        _session = await _agent.DeserializeSessionAsync(JsonDocument.Parse(Stored).RootElement);
    }

    public void AssertAllIsWell(int turns)
    {
        models.AssertWholeHistory();
        Assert.Equal(turns * Tools.Names.Length, _tools.Runs.Count);
        Assert.All(_tools.Runs.Values, static runs => Assert.Equal(1, runs));
        Assert.All(models.Requests, static request => Assert.Contains(Instructions, request.Instructions, StringComparison.Ordinal));
        Assert.All(models.Requests, static request => Assert.Equal(Tools.Names, request.Tools));
    }

    private async Task RunAsync(ChatMessage message)
    {
        _agent ??= NewAgent();
        _session ??= hasSession ? await _agent.CreateSessionAsync() : null;
        AgentResponse response;
        if (streaming)
        {
            var updates = new List<AgentResponseUpdate>();
            await foreach (var update in _agent.RunStreamingAsync(message, _session))
            {
                updates.Add(update);
            }

            response = updates.ToAgentResponse();
        }
        else
        {
            response = await _agent.RunAsync(message, _session);
        }

        Pending = [.. response.Messages.SelectMany(static m => m.Contents).OfType<ToolApprovalRequestContent>()];
        Answers.Add(response.Messages[^1].Text);
        ServedBy.Add(response.AdditionalProperties.GetResilienceReport()?.ServedBy);
    }

    private ChatClientAgent NewAgent() => new(isAlone ? models.Alone() : models.Ladder, new ChatClientAgentOptions
    {
        Name = "desk",
        ChatOptions = new()
        {
            Instructions = Instructions,
            Tools = NeedsApproval
                ? [.. _tools.Functions.Cast<AIFunction>().Select(static tool => new ApprovalRequiredAIFunction(tool))]
                : _tools.Functions,
            Reasoning = models.Primary.Thinks ? new() { Effort = ReasoningEffort.Medium } : null,
        },
    });
}
