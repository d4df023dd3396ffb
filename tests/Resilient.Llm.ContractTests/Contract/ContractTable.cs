using Resilient.Llm.Loopback;
using static Resilient.Llm.ContractTests.Outcome;
using static Resilient.Llm.FailureKind;

namespace Resilient.Llm.ContractTests;

/// <summary>The contract of the ladder: fault by phase, for every protocol, plain and streamed. The tests prove it, and the documentation shows it.</summary>
internal static partial class ContractTable
{
    public const string Words = "The tide turns twice a day because the moon pulls the sea.";

    public const string CallInOnePiece = "Ollama sends a tool call in one line: there is no place inside its arguments";
    public const string CallAtTheEnd = "the adapter hands a tool call over when the stream has ended, so nothing of it was seen";

    private const string UnknownReason = "the SDK throws at a reason that it does not know, and hands over nothing that came with it";
    private const string LostError = "the SDK's exception does not tell what the error was";
    private const string LostErrorLine = "OllamaSharp drops the words of an error inside a 200";

    // Timeout alone would be ambiguous: there is a System.Threading.Timeout.
    private const FailureKind TimedOut = FailureKind.Timeout;
    private const string NotReached = "No connection";
    private const string Silence = "Silence";
    private const string Break = "Broken connection";
    private const string ErrorEvent = "Error inside a 200";
    private const string Unreadable = "Unreadable";
    private const string Unfinished = "Unfinished";
    private const string Ends = "The answer says why it ends";
    private const string Harmless = "Unusual but fine";
    private const string Caller = "The caller";

    /// <summary>Shown in a table of their own.</summary>
    public const string Some = "Only in some protocols";

    private static readonly Outcome[] s_breaks = [NextStep, NextStep, Policy, Interrupted];
    private static readonly Outcome[] s_passes = [PassesOn, PassesOn, PassesOn, PassesOn];
    private static readonly Outcome[] s_ended = [Ended, Ended, Ended, Ended];

    public static IReadOnlyList<WireProtocol> Protocols { get; } =
        [WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Anthropic, WireProtocol.Ollama, WireProtocol.Azure];

    private static IReadOnlyList<WireProtocol> ChatCompletions { get; } = [WireProtocol.OpenAI, WireProtocol.Azure];

    private static IReadOnlyList<WireProtocol> NotOllama { get; } = [WireProtocol.OpenAI, WireProtocol.Responses, WireProtocol.Anthropic, WireProtocol.Azure];

    public static IReadOnlyList<ContractFault> All { get; } =
    [
        new(NotReached, "connection refused", Network, At, NextStep) { Detour = Detour.Refused },
        new(NotReached, "unknown host", Network, At, NextStep) { Detour = Detour.UnknownHost },
        new(NotReached, "no TLS", Network, At, NextStep) { Detour = Detour.NotTls },
        new(NotReached, "reset before headers", Network, Always(Script.ConnectionReset()), NextStep),

        .. Statuses,

        new(Silence, "hang before headers", TimedOut, Always(Script.HangBeforeHeaders()), NextStep),
        new(Silence, "stall", TimedOut, Silent(ScriptFault.Stall), s_breaks),
        new(Silence, "keep-alives only", TimedOut, Silent(ScriptFault.KeepAlives), s_breaks),
        new(Silence, "stall in the arguments of a tool call", TimedOut, InCall(ScriptFault.Stall), s_breaks) { IsInCall = true },

        new(Break, "reset", Network, With(ScriptFault.Reset), s_breaks),
        new(Break, "closed in the middle of the body", Network, With(ScriptFault.Cut), s_breaks),
        new(Break, "closed in the middle of a character", Network, With(ScriptFault.HalfCharacter), s_breaks),
        new(Break, "closed in the arguments of a tool call", Network, InCall(ScriptFault.Cut), s_breaks) { IsInCall = true },
        new(Break, "closed behind the finish reason", Network, AtFinish(ScriptFault.Cut), NextStep, NextStep, Whole, Whole)
        {
            Plain = [NextStep, NextStep, NextStep, NextStep],
        },

        Error("overloaded", ServerError, 529),
        Error("server error", ServerError, 500),
        Error("rate limit", RateLimited, 429),
        Error("quota", QuotaExhausted, 429, ScriptError.QuotaExhausted),

        new(Unreadable, "malformed JSON", InvalidResponse, With(ScriptFault.Malformed), s_breaks),
        new(Unreadable, "HTML in the middle of the body", InvalidResponse, With(ScriptFault.NoEvents), s_breaks) { IsCleanEnd = true },
        new(Unreadable, "HTML in place of an answer", InvalidResponse, Always(Script.Status(200, body: Html)), NextStep),

        new(Unfinished, "clean end", InvalidResponse, With(ScriptFault.CleanEnd), s_breaks) { IsCleanEnd = true },
        new(Unfinished, "clean end in the arguments of a tool call", InvalidResponse, InCall(ScriptFault.CleanEnd), s_breaks)
        {
            IsInCall = true,
            IsCleanEnd = true,
        },
        new(Unfinished, "no finish reason", InvalidResponse, Finishing(ScriptFinish.Missing), s_breaks)
        {
            IsCleanEnd = true,
            Plain = [NextStep, NextStep, PassesOn, PassesOn],
            Differences = [new("the SDK cannot read a plain answer without a reason") { With = ChatCompletions, Way = Way.Plain, Outcome = NextStep }],
        },
        new(Unfinished, "empty body", InvalidResponse, Always(Script.Status(200, body: "")), NextStep),
        new(Unfinished, "finish reason without content", InvalidResponse, Finishing(ScriptFinish.Complete), NextStep, NextStep, Empty, Empty)
        {
            WhyEmpty = "there is content then",
        },

        new(Ends, "token limit", TokenLimitReached, Finishing(ScriptFinish.Length), NextStep, NextStep, PassesOn, PassesOn),
        new(Ends, "token limit in the arguments of a tool call", null, CutCall, s_passes)
        {
            Differences =
            [
                new(CallInOnePiece) { With = [WireProtocol.Ollama], Outcome = Empty },
                new("Anthropic's plain body has arguments as JSON, which cannot be cut") { With = [WireProtocol.Anthropic], Way = Way.Plain, Outcome = Empty },
            ],
        },
        new(Ends, "content filter", null, Finishing(ScriptFinish.ContentFilter), s_passes),
        new(Ends, "refusal", null, Refusing, PassesOn, PassesOn, PassesOn, Empty) { WhyEmpty = "a model that refuses calls no tool" },
        new(Ends, "unknown finish reason", null, Word("loopback_reason"), s_passes)
        {
            Differences =
            [
                new(UnknownReason) { With = ChatCompletions, Way = Way.Plain, Outcome = NextStep, Kind = InvalidResponse },
                new(UnknownReason) { With = ChatCompletions, At = [Phase.AfterToolCall], Outcome = NextStep, Kind = InvalidResponse },
            ],
        },

        .. InSomeProtocols,

        new(Harmless, "none", null, static phase => At(phase) with { Fault = ScriptFault.None }, s_passes),
        new(Harmless, "slow", null, static phase => At(phase) with { Fault = ScriptFault.None, Pace = TimeSpan.FromMilliseconds(20) }, s_passes),
        new(Harmless, "events and fields of unknown types", null, With(ScriptFault.UnknownEvent), s_passes),
        new(Harmless, "finish reason twice", null, static phase => At(phase) with { Fault = ScriptFault.Repeat, Place = ScriptPlace.AfterFinish }, s_passes)
        {
            HasOnePlainBody = true,
            Differences = [new("a plain body has one") { Way = Way.Plain, Outcome = Empty }],
        },

        new(Caller, "cancels", Cancelled, Waiting, s_ended) { Caller = CallerAct.Cancels },
        new(Caller, "walks away", Cancelled, Waiting, s_ended)
        {
            Caller = CallerAct.WalksAway,
            HasOnePlainBody = true,
            Differences = [new("only a stream can be left, a plain call is cancelled") { Way = Way.Plain, Outcome = Empty }],
        },
    ];

    public static IEnumerable<ContractCell> Cells =>
        All.SelectMany(static fault => fault.Protocols.SelectMany(protocol => Enum.GetValues<Way>().SelectMany(way => fault.Cells(protocol, way))));

    private static IReadOnlyList<ContractFault> InSomeProtocols =>
    [
        new(Some, "closed during a web search that the provider runs", Network, Searching, NextStep) { Protocols = [WireProtocol.Responses, WireProtocol.Anthropic] },
        Of("status `failed`, code `server_error`", ServerError, ScriptFinish.Failed),
        Of("status `failed`, code `rate_limit_exceeded`", RateLimited, ScriptFinish.Failed, "rate_limit_exceeded"),
        Of("status `cancelled`", InvalidResponse, ScriptFinish.Cancelled),
        Of("status `in_progress`", InvalidResponse, ScriptFinish.InProgress),
    ];

    public static ContractFault Get(string name) => All.Single(fault => fault.Name == name);

    private static ContractFault Of(string name, FailureKind kind, ScriptFinish status, string code = "server_error") =>
        new(Some, name, kind, phase => Finishing(status)(phase) with { FailureCode = code }, s_breaks) { IsCleanEnd = true, Protocols = [WireProtocol.Responses] };

    private static ContractFault Error(string name, FailureKind kind, int status, ScriptError error = ScriptError.Generic) =>
        new(ErrorEvent, name, kind, phase => At(phase) with { Fault = ScriptFault.ErrorEvent, ErrorStatus = status, Error = error }, s_breaks)
        {
            HasOnePlainBody = true,
            Differences =
            [
                new(LostErrorLine) { With = [WireProtocol.Ollama], Kind = InvalidResponse, Circuit = Circuit.Failure },
                new(LostError) { With = kind == ServerError ? NotOllama : [.. NotOllama.Except([WireProtocol.Responses])], Way = Way.Plain, Kind = InvalidResponse, Circuit = Circuit.Failure },
            ],
        };
}
