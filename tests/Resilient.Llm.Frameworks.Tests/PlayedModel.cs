using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>
/// What a provider's model does: in each turn it calls both tools at once, then answers with its name and the number of the turn.
/// </summary>
/// <remarks>Which turn it is, it reads from the history it was sent, as a real model does.</remarks>
internal sealed class PlayedModel
{
    private readonly string _name;
    private readonly Conversation _conversation;

    public PlayedModel(string name, LoopbackProvider provider, Conversation conversation)
    {
        _name = name;
        _conversation = conversation;
        Provider = provider;
        provider.Respond(Respond);
    }

    public LoopbackProvider Provider { get; }

    /// <summary>What requests get instead of an answer; null: the model is well. Asked once for each request.</summary>
    public Func<Moment, Script?> Outage { get; set; } = static _ => null;

    /// <summary>How many tools are called at once in each turn; with none, each turn is one answer.</summary>
    public int ToolsPerTurn { get; set; } = Tools.Names.Length;

    /// <summary>Whether the model thinks before it calls or answers.</summary>
    public bool Thinks { get; set; }

    /// <summary>The text of the answer; by default the name and the number of the turn.</summary>
    public Func<int, string>? Answer { get; set; }

    /// <summary>Whether the requests are compared with the whole history. Not without a ladder: there, a provider may keep it.</summary>
    public bool Compares { get; set; } = true;

    /// <summary>What each tool is called with. Kernel functions may bear the name of their plugin.</summary>
    public string ToolPrefix { get; set; } = "";

    public IReadOnlyList<ReceivedRequest> Requests => Provider.Requests;

    public void Dies(Script? how = null)
    {
        var script = how ?? Script.Status(503);
        Outage = _ => script;
    }

    public void IsBack() => Outage = static _ => null;

    public string TextOf(int turn) => Answer?.Invoke(turn) ?? $"{_name} answers question {turn}.";

    private Script Respond(ReceivedRequest request)
    {
        if (Compares)
        {
            _conversation.Compare(_name, request);
        }

        var turn = request.History.Count(static message => message.Role == "user" && message.Text.Length > 0);
        var hasResults = request.ToolResults.Any(result => result.CallId.Contains($"_{turn}_", StringComparison.Ordinal));
        return Outage(new(turn, hasResults)) ?? Thinking(ToolsPerTurn > 0 && !hasResults ? Call(turn) : Say(turn), turn);
    }

    private Script Call(int turn)
    {
        ScriptTool[] calls =
        [
            .. Tools.Names.Take(ToolsPerTurn)
                .Select(name => new ScriptTool(ToolPrefix + name, $$"""{"city":"City{{turn}}"}""", $"call_{_name}_{turn}_{name}")),
        ];
        _conversation.Calls(calls);
        return Script.ToolCalls(calls);
    }

    private Script Say(int turn)
    {
        var text = TextOf(turn);
        _conversation.Answers(text);
        return Script.Answer(text);
    }

    private Script Thinking(Script script, int turn) =>
        Thinks ? script with { ReasoningText = $"{_name} thinks about question {turn}." } : script;

    /// <summary>When a model is asked.</summary>
    /// <param name="Turn">In which turn, from 1.</param>
    /// <param name="HasResults">Whether with the results of that turn's tools.</param>
    public readonly record struct Moment(int Turn, bool HasResults);
}
