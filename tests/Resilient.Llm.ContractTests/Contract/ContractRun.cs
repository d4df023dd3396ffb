using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>One cell, played through the official adapters over real sockets.</summary>
/// <param name="Cell">What is played.</param>
/// <param name="Policy">What becomes of a broken stream.</param>
/// <param name="Shape">How a model that goes on with an answer begins.</param>
internal sealed record ContractRun(ContractCell Cell, MidStreamPolicy Policy, RestShape Shape = RestShape.Fits)
{
    public const int MostTokens = 100;

    /// <summary>Only where silence is the fault is time short: elsewhere a slow machine must not turn the fault into a timeout.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(400);

    public static string Instruction { get; } = new ChatFallbackOptions().ContinuationInstruction;

    /// <summary>Whether the cell depends on the policy, so that it is played under both.</summary>
    public static IEnumerable<ContractRun> Of(ContractCell cell)
    {
        yield return new(cell, MidStreamPolicy.Continue);
        if (cell.IsStreamed && cell.Phase >= Phase.AfterText && cell.Result.Outcome is not (Outcome.PassesOn or Outcome.Ended))
        {
            yield return new(cell, MidStreamPolicy.Interrupt);
            if (cell.Result.Outcome == Outcome.Policy && !cell.IsSilence)
            {
                yield return new(cell, MidStreamPolicy.Continue, RestShape.Overlaps);
            }
        }
    }

    public bool IsContinued => Cell.Result.Outcome == Outcome.Policy && Policy == MidStreamPolicy.Continue;

    public bool AsksFallback => IsContinued || Cell.Result.Outcome == Outcome.NextStep;

    public bool IsInterrupted => Cell.Result.Outcome == Outcome.Interrupted || (Cell.Result.Outcome == Outcome.Policy && !IsContinued);

    /// <summary>All the text that reaches the caller.</summary>
    public string ExpectedText => Cell.Result.Outcome == Outcome.NextStep ? TwoProviders.FallbackText : IsContinued ? Cell.Text + Cell.Rest : Cell.Text;

    public async Task PlayAsync()
    {
        await using var providers = await TwoProviders.StartAsync(Cell.Protocol, Cell.Script);
        providers.Fallback.Respond(request => request.LastText == Instruction ? Rest() : Script.Answer(TwoProviders.FallbackText));
        using var http = Cell.Fault.Detour is null ? null : new HttpClient(new Detour(Cell.Fault.Detour)) { BaseAddress = providers.Primary.BaseAddress };
        var client = http is null ? null : providers.Primary.Client(Cell.Protocol, http);
        if (Cell.Fault.Detour == Detour.Refused)
        {
            await providers.Primary.DisposeAsync();
        }

        var ladder = providers.Ladder(builder => builder.WithFallback(options => options.MidStream = Policy), Bound, client);
        var heard = await (Cell.IsStreamed ? StreamAsync(ladder, providers) : PlainAsync(ladder, providers)).Soon();

        ContractChecks.All(this, heard, providers);
        await AssertNothingIsLeftAsync(providers);
    }

    private Task<Heard> StreamAsync(IChatClient ladder, TwoProviders providers) => StreamCaller.ReadAsync(
        ladder,
        new() { MaxOutputTokens = MostTokens },
        Cell.Fault.Caller,
        IsReached,
        Cell.ShowsNothing ? providers.Primary.WhenCalledAsync() : null);

    private async Task<Heard> PlainAsync(IChatClient ladder, TwoProviders providers)
    {
        using var cancel = new CancellationTokenSource();
        var call = Heard.FromAsync(ladder, streaming: false, new() { MaxOutputTokens = MostTokens }, cancellationToken: cancel.Token);
        if (Cell.Fault.Caller == CallerAct.Cancels)
        {
            await providers.Primary.WhenCalledAsync();
            await cancel.CancelAsync();
        }

        return await call;
    }

    private async Task AssertNothingIsLeftAsync(TwoProviders providers)
    {
        if (IsHeldByClient || Cell.Fault.Detour is not null)
        {
            return;
        }

        if (Cell.Fault.Caller != CallerAct.ReadsOn)
        {
            await providers.Primary.WhenAbortedAsync().Soon();
        }

        await providers.Primary.WhenIdleAsync().Soon();
        if (Cell.IsSilence)
        {
            // Elsewhere a client may close its connection before or after the server has noticed that it is done.
            Assert.Equal(1, providers.Primary.AbortedByClient);
        }
    }

    /// <summary>
    /// OllamaSharp reads the lines of a stream without a token: a silent one ends with its connection alone. OpenAI's SDK (2.14) keeps a stream whose caller
    /// cancels between its headers and its first read.
    /// </summary>
    private bool IsHeldByClient => Cell is { IsStreamed: true, IsSilence: true } && Cell.Script.Fault != ScriptFault.HangBeforeHeaders
        && (Cell.Protocol == WireProtocol.Ollama || (Cell.Protocol != WireProtocol.Anthropic && Cell.ShowsNothing && Cell.Fault.Caller != CallerAct.ReadsOn));

    private void Bound(ChatModelBuilder model)
    {
        if (Cell.IsSilence && Cell.Fault.Caller == CallerAct.ReadsOn)
        {
            model.WithTimeouts(timeouts =>
            {
                timeouts.AttemptTimeout = Cell.IsStreamed ? timeouts.AttemptTimeout : s_patience;
                timeouts.IdleTimeout = s_patience;
                timeouts.FirstContentTimeout = Cell.ShowsNothing ? s_patience : null;
            });
        }
    }

    /// <summary>How the next model goes on, and what of it must not reach the caller.</summary>
    private Script Rest() => Shape == RestShape.Fits
        ? Script.Answer(Cell.Rest)
        : Script.Reasoning("Where was I?", string.Concat(Cell.Text.AsSpan(Cell.Text.LastIndexOf(' ', Cell.Text.LastIndexOf(' ') - 1) + 1), Cell.Rest));

    private bool IsReached(ChatResponseUpdate update) => Cell.Phase switch
    {
        Phase.AfterReasoning => update.Contents.OfType<TextReasoningContent>().Any(static content => content.Text.Length > 0),
        Phase.AfterText => update.Text.Length > 0,
        Phase.AfterToolCall => update.Contents.OfType<FunctionCallContent>().Any(),
        _ => false,
    };
}

/// <summary>How a model that goes on with an answer begins.</summary>
public enum RestShape
{
    /// <summary>With the very next character.</summary>
    Fits,

    /// <summary>With words that stand there already.</summary>
    Overlaps,
}
