using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <content>What the first model does when a fault strikes in a phase.</content>
internal static partial class ContractTable
{
    public const string CutCallId = "call_loopback_2";

    private const int SomeWords = 6;
    private const string FirstWord = "The";

    /// <summary>An answer, with the place at which its phase is reached.</summary>
    private static Script At(Phase phase) => phase switch
    {
        Phase.AfterReasoning => Script.Reasoning("Let me think.", Words),
        Phase.AfterText => Script.Answer(Words) with { AfterContents = SomeWords },
        Phase.AfterToolCall => Script.ToolCall("lookup", """{"city":"Paris","days":2}""") with { Place = ScriptPlace.AfterToolCall },
        _ => Script.Answer(Words),
    };

    private static Func<Phase, Script> Always(Script script) => _ => script;

    private static Func<Phase, Script> With(ScriptFault fault) => phase => At(phase) with { Fault = fault };

    /// <summary>After one word and not after two: however slow the machine is, the watch begins when that one has arrived.</summary>
    private static Func<Phase, Script> Silent(ScriptFault fault) => phase => At(phase) with
    {
        Fault = fault,
        AfterContents = phase == Phase.AfterText ? 1 : 0,
        ReasoningText = phase == Phase.AfterReasoning ? "Hmm." : null,
        KeepAliveInterval = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>Silent while the caller loses patience; before content without headers, so that the SDK has not stopped looking at its token.</summary>
    private static Script Waiting(Phase phase) => phase == Phase.BeforeContent ? Script.HangBeforeHeaders() : Silent(ScriptFault.Stall)(phase);

    /// <summary>Strikes where a call has begun that the caller has not seen yet.</summary>
    private static Func<Phase, Script> InCall(ScriptFault fault) => phase =>
    {
        var text = phase != Phase.AfterText ? "" : fault == ScriptFault.Stall ? FirstWord : string.Join(' ', Words.Split(' ').Take(SomeWords));
        var call = At(Phase.AfterToolCall);
        return call with
        {
            Text = text,

            // Behind a call that is whole: in a second one.
            Tools = phase == Phase.AfterToolCall ? [call.Tool!, call.Tool! with { CallId = "call_loopback_2" }] : call.Tools,
            ReasoningText = phase == Phase.AfterReasoning ? "Hmm." : null,
            Fault = fault,
            Place = ScriptPlace.AmongContents,
            AfterContents = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length + (phase == Phase.AfterToolCall ? 3 : 0) + 2,
        };
    };

    /// <summary>Ends with this finish reason in place of what would come next.</summary>
    private static Func<Phase, Script> Finishing(ScriptFinish finish) => phase => At(phase) with
    {
        Fault = ScriptFault.None,
        Text = phase == Phase.AfterText ? Words : "",
        Finish = finish,
    };

    /// <summary>Ends with a finish reason that no adapter knows, behind the whole answer.</summary>
    private static Func<Phase, Script> Word(string reason) => phase => At(phase) with { Fault = ScriptFault.None, FinishWord = reason };

    /// <summary>Runs into the limit in the middle of a call, of which the caller has seen nothing yet.</summary>
    private static Script CutCall(Phase phase)
    {
        var call = At(Phase.AfterToolCall).Tool!;
        var cut = call with { CallId = CutCallId, ArgumentsJson = call.ArgumentsJson[..10] };
        return Finishing(ScriptFinish.Length)(phase) with { Place = ScriptPlace.AmongContents, Tools = phase == Phase.AfterToolCall ? [call, cut] : [cut] };
    }

    /// <summary>Declines, behind what came before.</summary>
    private static Script Refusing(Phase phase) => Script.Refusal("I will not.") with
    {
        ReasoningText = phase == Phase.AfterReasoning ? "Hmm." : null,
        Text = phase == Phase.AfterText ? FirstWord : "",
    };

    private static Script Searching(Phase phase) =>
        Script.WebSearch("tides", Words) with { Fault = ScriptFault.Cut, Place = ScriptPlace.InHostedTool };

    private static Func<Phase, Script> AtFinish(ScriptFault fault) =>
        phase => Finishing(ScriptFinish.Complete)(phase) with { Fault = fault, Place = ScriptPlace.AfterFinish };
}
