using Resilient.Llm.Loopback;
using static Resilient.Llm.ContractTests.StreamOutcome;
using static Resilient.Llm.FailureKind;

namespace Resilient.Llm.ContractTests;

/// <summary>The contract of streams: fault by phase. The tests prove it with both SDKs, and the documentation shows it.</summary>
internal static class StreamTable
{
    public const string Words = "The tide turns twice a day because the moon pulls the sea.";

    private const int SomeWords = 6;
    private const string FirstWord = "The";

    // Timeout alone would be ambiguous: there is a System.Threading.Timeout.
    private const FailureKind TimedOut = FailureKind.Timeout;
    private const string NotReached = "No connection";
    private const string Refused = "Refused by status";
    private const string Silence = "Silence";
    private const string Break = "Broken connection";
    private const string ErrorEvent = "Error event inside a 200 stream";
    private const string Unreadable = "Unreadable";
    private const string Unfinished = "Unfinished";
    private const string Filter = "Filtered";
    private const string Harmless = "Unusual but fine";
    private const string Caller = "The caller";
    private const string Html = "<html>Welcome to the captive portal</html>";

    private static readonly StreamOutcome[] s_breaks = [NextStep, NextStep, Policy, Interrupted];
    private static readonly StreamOutcome[] s_breaksInCall = [NextStep, NextStep, Policy];
    private static readonly StreamOutcome[] s_passes = [PassesOn, PassesOn, PassesOn, PassesOn];
    private static readonly StreamOutcome[] s_ended = [Ended, Ended, Ended, Ended];

    public static IReadOnlyList<StreamFault> All { get; } =
    [
        new(NotReached, "connection refused", Network, At, NextStep) { Detour = Detour.Refused },
        new(NotReached, "unknown host", Network, At, NextStep) { Detour = Detour.UnknownHost },
        new(NotReached, "no TLS", Network, At, NextStep) { Detour = Detour.NotTls },
        new(NotReached, "reset before headers", Network, Always(Script.ConnectionReset()), NextStep),

        .. ContractTable.Statuses.Select(static row => new StreamFault(
            Refused, row.Name, row.Expected.Kind, Always(row.Script), row.Expected.Fate == Fate.ComesBack ? ComesBack : NextStep)),

        new(Silence, "hang before headers", TimedOut, Always(Script.HangBeforeHeaders()), NextStep),
        new(Silence, "stall", TimedOut, Silent(ScriptFault.Stall), s_breaks),
        new(Silence, "keep-alives only", TimedOut, Silent(ScriptFault.KeepAlives), s_breaks),
        new(Silence, "stall in the arguments of a tool call", TimedOut, InCall(ScriptFault.Stall), s_breaksInCall),

        new(Break, "reset", Network, With(ScriptFault.Reset), s_breaks),
        new(Break, "closed in the middle of the body", Network, With(ScriptFault.Cut), s_breaks),
        new(Break, "closed in the middle of a character", Network, With(ScriptFault.HalfCharacter), s_breaks),

        new(Break, "closed in the arguments of a tool call", Network, InCall(ScriptFault.Cut), s_breaksInCall),

        new(Break, "closed behind the finish reason", Network, AtFinish(ScriptFault.Cut), NextStep, NextStep, Whole, Whole),

        Error("overloaded", ServerError, 529),
        Error("server error", ServerError, 500),
        Error("rate limit", RateLimited, 429),
        Error("quota", QuotaExhausted, 429, ScriptError.QuotaExhausted),

        new(Unreadable, "malformed JSON", InvalidResponse, With(ScriptFault.Malformed), s_breaks),
        new(Unreadable, "HTML between the events", InvalidResponse, With(ScriptFault.NoEvents), s_breaks) { IsCleanEndToOpenAI = true },
        new(Unreadable, "HTML in place of a stream", InvalidResponse, Always(Script.Status(200, body: Html)), NextStep),

        new(Unfinished, "clean end", InvalidResponse, With(ScriptFault.CleanEnd), s_breaks) { IsCleanEndToOpenAI = true },
        new(Unfinished, "clean end in the arguments of a tool call", InvalidResponse, InCall(ScriptFault.CleanEnd), s_breaksInCall),
        new(Unfinished, "closing events without a finish reason", InvalidResponse, Finishing(ScriptFinish.Missing), s_breaks) { IsCleanEndToOpenAI = true },
        new(Unfinished, "empty body", InvalidResponse, Always(Script.Status(200, body: "")), NextStep),
        new(Unfinished, "finish reason without content", InvalidResponse, Finishing(ScriptFinish.Complete), NextStep, NextStep),
        new(Unfinished, "token limit", TokenLimitReached, Finishing(ScriptFinish.Length), NextStep, NextStep, PassesOn, PassesOn),

        new(Filter, "finish reason `content_filter`", null, Finishing(ScriptFinish.ContentFilter), s_passes),
        new(Filter, "refusal", null, Always(Script.Refusal("I will not.")), PassesOn),

        new(Harmless, "none", null, static phase => At(phase) with { Fault = ScriptFault.None }, s_passes),
        new(Harmless, "slow", null, static phase => At(phase) with { Fault = ScriptFault.None, Pace = TimeSpan.FromMilliseconds(20) }, s_passes),
        new(Harmless, "events of unknown types", null, With(ScriptFault.UnknownEvent), s_passes),
        new(Harmless, "finish reason twice", null, static phase => At(phase) with { Fault = ScriptFault.Repeat, Place = ScriptPlace.AfterFinish }, s_passes),

        new(Caller, "cancels", Cancelled, Silent(ScriptFault.Stall), s_ended) { Caller = CallerAct.Cancels },
        new(Caller, "walks away", Cancelled, Silent(ScriptFault.Stall), s_ended) { Caller = CallerAct.WalksAway },
    ];

    private static StreamFault Error(string name, FailureKind kind, int status, ScriptError error = ScriptError.Generic) =>
        new(ErrorEvent, name, kind, phase => At(phase) with { Fault = ScriptFault.ErrorEvent, ErrorStatus = status, Error = error }, s_breaks);

    /// <summary>An answer, with the place at which its phase is reached.</summary>
    private static Script At(StreamPhase phase) => phase switch
    {
        StreamPhase.AfterReasoning => Script.Reasoning("Let me think.", Words),
        StreamPhase.AfterText => Script.Answer(Words) with { AfterContents = SomeWords },
        StreamPhase.AfterToolCall => Script.ToolCall("lookup", """{"city":"Paris","days":2}""") with { Place = ScriptPlace.AfterToolCall },
        _ => Script.Answer(Words),
    };

    private static Func<StreamPhase, Script> Always(Script script) => _ => script;

    private static Func<StreamPhase, Script> With(ScriptFault fault) => phase => At(phase) with { Fault = fault };

    /// <summary>After one word and not after two: however slow the machine is, the watch begins when that one has arrived.</summary>
    private static Func<StreamPhase, Script> Silent(ScriptFault fault) => phase => At(phase) with
    {
        Fault = fault,
        AfterContents = phase == StreamPhase.AfterText ? 1 : 0,
        ReasoningText = phase == StreamPhase.AfterReasoning ? "Hmm." : null,
        KeepAliveInterval = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>Strikes where a call has begun that nobody has seen yet.</summary>
    private static Func<StreamPhase, Script> InCall(ScriptFault fault) => phase =>
    {
        var text = phase != StreamPhase.AfterText ? "" : fault == ScriptFault.Stall ? FirstWord : string.Join(' ', Words.Split(' ').Take(SomeWords));
        return At(StreamPhase.AfterToolCall) with
        {
            Text = text,
            ReasoningText = phase == StreamPhase.AfterReasoning ? "Hmm." : null,
            Fault = fault,
            Place = ScriptPlace.AmongContents,
            AfterContents = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length + 2,
        };
    };

    /// <summary>Ends with this finish reason in place of what would come next.</summary>
    private static Func<StreamPhase, Script> Finishing(ScriptFinish finish) => phase => At(phase) with
    {
        Fault = ScriptFault.None,
        Text = phase == StreamPhase.AfterText ? Words : "",
        Finish = finish,
    };

    private static Func<StreamPhase, Script> AtFinish(ScriptFault fault) =>
        phase => Finishing(ScriptFinish.Complete)(phase) with { Fault = fault, Place = ScriptPlace.AfterFinish };
}
