using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Resilient.Llm;

namespace Agents;

/// <summary>Asks the agent, shows who answered each turn, and notes every turn that went differently than expected.</summary>
internal sealed class Talk(AIAgent agent, AgentSession session)
{
    private int _turn;
    private int _surprises;

    public async Task TurnAsync(string question, string servedBy, string[] tools)
    {
        var run = await agent.RunAsync(question, session);

        // The report of the turn's last answer. Null only for answers that did not come through a ladder.
        var report = run.AdditionalProperties.GetResilienceReport();
        var called = run.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()
            .Select(call => $"{call.Name}({string.Join(", ", call.Arguments?.Values ?? [])})")
            .ToArray();
        var names = called is [] ? "none" : string.Join(' ', called);
        Console.WriteLine($"turn={++_turn} served-by={report?.ServedBy} degraded={report?.IsDegraded} tools={names} | {run.Text}");

        if (report?.ServedBy != servedBy || report.IsDegraded != (servedBy != "gpt") || !called.SequenceEqual(tools))
        {
            _surprises++;
            Console.Error.WriteLine($"UNEXPECTED: turn {_turn} expects an answer from {servedBy} after {string.Join(' ', tools)}.");
        }
    }

    /// <summary>The exit code: 0 when every turn went as it should.</summary>
    public int End()
    {
        Console.WriteLine(_surprises == 0 ? "\nEvery turn went as it should." : $"\n{_surprises} turns went differently.");
        return _surprises == 0 ? 0 : 1;
    }
}
