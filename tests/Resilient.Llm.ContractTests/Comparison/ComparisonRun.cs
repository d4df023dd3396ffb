using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One fault of the first model, and what the caller of a ladder and of ordered failover meet.</summary>
internal static class ComparisonRun
{
    private const WireProtocol Primary = WireProtocol.OpenAI;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    /// <summary>The line of the table: plain with ordered failover, plain with a ladder, and the same for streams.</summary>
    public static async Task<string> LineAsync(string fault, Phase phase)
    {
        var plain = await MetAsync(new(ContractTable.Get(fault), phase, Primary, Way.Plain));
        var streamed = await MetAsync(new(ContractTable.Get(fault), phase, Primary, Way.Streamed));
        return $"| {ComparisonTable.Name(fault, phase)} | {plain.Ordered} | {plain.Ladder} | {streamed.Ordered} | {streamed.Ladder} |";
    }

    private static async Task<(string Ordered, string Ladder)> MetAsync(ContractCell cell)
    {
        await using var providers = await TwoProviders.StartAsync(Primary, cell.Script);
        providers.Fallback.Respond(request => Script.Answer(request.LastText == ContractRun.Instruction ? cell.Rest : TwoProviders.FallbackText));
        using var http = cell.Fault.Detour is null ? null : new HttpClient(new Detour(cell.Fault.Detour));
        if (cell.Fault.Detour == Detour.Refused)
        {
            await providers.Primary.DisposeAsync();
        }

        IChatClient Client() => providers.Primary.Client(Primary, http);

#pragma warning disable MEAI001 // Ordered failover is experimental. It is what this is compared with.
        using var ordered = new OrderedFailoverChatClient([Client(), providers.Fallback.Client(Primary.Other())]);
#pragma warning restore MEAI001
        using var cancel = new CancellationTokenSource();
        var orderedCall = Heard.FromAsync(ordered, cell.IsStreamed, cancellationToken: cancel.Token);
        if (cell.IsSilence)
        {
            await providers.Primary.WhenCalledAsync().Soon();
        }

        var ladder = providers.Ladder(primary: model => model.WithTimeouts(timeouts =>
        {
            if (cell.IsSilence)
            {
                timeouts.AttemptTimeout = cell.IsStreamed ? timeouts.AttemptTimeout : s_patience;
                timeouts.IdleTimeout = s_patience;
                timeouts.FirstContentTimeout = cell.Phase == Phase.BeforeContent ? s_patience : null;
            }
        }), primaryClient: Client());
        var ladderHeard = await Heard.FromAsync(ladder, cell.IsStreamed);
        if (cell.IsSilence)
        {
            // The ladder has answered by now. A call that still waits does so until its caller gives up.
            Assert.False(orderedCall.IsCompleted);
            await cancel.CancelAsync();
        }

        return (Words(cell, await orderedCall), Words(cell, ladderHeard));
    }

    /// <summary>What the caller met, in the same words for both.</summary>
    private static string Words(ContractCell cell, Heard heard)
    {
        var script = cell.Script;
        var isSomething = heard.Text.Length > 0 || heard.ToolCalls.Any();
        var part = isSomething ? "half an answer" : heard.Reasoning.Length > 0 ? "reasoning" : "";
        return heard.Exception switch
        {
            OperationCanceledException => part.Length == 0 ? "waits without end" : $"{part}, then waits without end",
            ChatStreamInterruptedException => $"{part}, then `ChatStreamInterruptedException`",
            not null => part.Length == 0 ? "thrown" : $"{part}, then an exception",
            _ when heard.Text == TwoProviders.FallbackText => "the next model",
            _ when heard.Report is { WasContinued: true } => "continued by the next model",
            _ when heard.ToolCalls.Any(static call => call.Exception is not null) => "**an unreadable tool call as an answer**",
            _ when script.Tool is not null && heard.ToolCalls.Any() => IsWhole(cell) ? "the answer" : "**half an answer as a whole one**",
            _ when script.RefusalText is not null => heard.Contents.OfType<ErrorContent>().Any() || heard.Response.FinishReason == ChatFinishReason.ContentFilter
                ? "the refusal" : "**an empty answer**",
            _ when !isSomething => "**an empty answer**",
            _ => IsWhole(cell) && heard.Text == script.Text ? "the answer" : "**half an answer as a whole one**",
        };
    }

    private static bool IsWhole(ContractCell cell) => cell.Script.Fault == ScriptFault.None;
}
