using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;
using static Resilient.Llm.ContractTests.Expected;
using static Resilient.Llm.FailureKind;

namespace Resilient.Llm.ContractTests;

/// <summary>The failure table, as what the caller of a plain answer meets. Streams have a table of their own: <see cref="StreamTable"/>.</summary>
internal static class ContractTable
{
    // Timeout alone would be ambiguous: there is a System.Threading.Timeout.
    private const FailureKind TimedOut = FailureKind.Timeout;
    private const string Words = "One two three four.";
    private const string NoJson = "<html>Welcome to the captive portal</html>";

    public static IReadOnlyList<Fault> Statuses { get; } =
    [
        new("429 without Retry-After", Script.RateLimited(), StepsDown(RateLimited)),
        new("quota exhausted", Script.QuotaExhausted(), StepsDown(QuotaExhausted)),
        new("402", Script.Status(402), StepsDown(QuotaExhausted)),
        new("500", Script.ServerError(), StepsDown(ServerError)),
        new("502 with a proxy's HTML", Script.Status(502, body: NoJson), StepsDown(ServerError)),
        new("503", Script.Status(503), StepsDown(ServerError)),
        new("504", Script.Status(504), StepsDown(ServerError)),
        new("529 overloaded", Script.Overloaded(), StepsDown(ServerError)),
        new("408", Script.Status(408), StepsDown(ServerError)),
        new("409", Script.Status(409), StepsDown(ServerError)),
        new("401", Script.Unauthorized(), StepsDown(Unauthorized)),
        new("403", Script.Forbidden(), StepsDown(Unauthorized)),
        new("404", Script.NotFound(), StepsDown(ModelUnavailable)),
        new("400", Script.BadRequest(), ComesBack(InvalidRequest)),
        new("422", Script.Status(422), ComesBack(InvalidRequest)),

        // No model below is declared larger.
        new("context too long", Script.ContextTooLong(), ComesBack(ContextTooLong)),
        new("413", Script.Status(413), ComesBack(ContextTooLong)),
        new("content filter by status", Script.ContentFilter(), ComesBack(ContentFiltered)),
    ];

    public static IReadOnlyList<Fault> Silences { get; } =
    [
        new("hang before headers", Script.HangBeforeHeaders(), StepsDown(TimedOut)),
        new("hang before content", Script.HangBeforeContent(), StepsDown(TimedOut)),
        new("keep-alives only", Script.KeepAlivesOnly(TimeSpan.FromMilliseconds(5)), StepsDown(TimedOut)),
        new("stall in the body", Script.StallAfter(1, Words), StepsDown(TimedOut)),
    ];

    public static IReadOnlyList<Fault> Breaks { get; } =
    [
        new("reset before headers", Script.ConnectionReset(), StepsDown(Network)),
        new("reset before content", Script.ResetAfter(0, Words), StepsDown(Network)),
        new("cut before content", Script.CutAfter(0, Words), StepsDown(Network)),
        new("cut in the body", Script.CutAfter(2, Words), StepsDown(Network)),
        new("cut in a tool call", ToolCall() with { Fault = ScriptFault.Cut, AfterContents = 2 }, StepsDown(Network)),
    ];

    public static IReadOnlyList<Fault> BadAnswers { get; } =
    [
        new("empty answer", Script.Empty200(), StepsDown(InvalidResponse)),
        new("200 with an empty body", Script.Status(200, body: ""), StepsDown(InvalidResponse)),
        new("200 with a proxy's HTML", Script.Status(200, body: NoJson), StepsDown(InvalidResponse)),
        new("clean end before content", Script.EndAfter(0, Words), StepsDown(InvalidResponse)),
        new("clean end in the body", Script.EndAfter(2, Words), StepsDown(InvalidResponse)),
        new("clean end in a tool call", ToolCall() with { Fault = ScriptFault.CleanEnd, AfterContents = 2 }, StepsDown(InvalidResponse)),
        new("malformed body", Script.MalformedChunkAfter(0, Words), StepsDown(InvalidResponse)),

        new("error in a 200", Script.ErrorEventAfter(0, Words), StepsDown(InvalidResponse)),

        // A plain answer with content needs no finish reason. OpenAI's SDK cannot read one without, nor one with an unknown reason.
        new("no finish reason", Script.MissingFinishReason(Words), Passes(Words, null)) { WithOpenAI = StepsDown(InvalidResponse) },
        new("unknown finish reason", Script.UnknownFinishReason(Words, "tea_time"), Passes(Words, new("tea_time")))
        {
            WithOpenAI = StepsDown(InvalidResponse),
        },
        new("token limit before text", Script.Truncated(""), StepsDown(TokenLimitReached)),
    ];

    public static IReadOnlyList<Fault> Answers { get; } =
    [
        new("none", Script.Answer(Words), Passes(Words, ChatFinishReason.Stop)),
        new("token limit", Script.Truncated(Words), Passes(Words, ChatFinishReason.Length)),
        new("filter before text", Script.ContentFilterFinish(), Passes("", ChatFinishReason.ContentFilter)),
        new("filter after text", Script.ContentFilterFinish("One two"), Passes("One two", ChatFinishReason.ContentFilter)),

        // OpenAI's words of refusal are not text: they arrive as an error content.
        new("refusal", Script.Refusal("I will not."), Passes("I will not.", ChatFinishReason.ContentFilter))
        {
            WithOpenAI = Passes("", ChatFinishReason.ContentFilter),
        },
    ];

    public static IReadOnlyList<Fault> All { get; } = [.. Statuses, .. Silences, .. Breaks, .. BadAnswers, .. Answers];

    /// <summary>What a kind of failure means for an endpoint's health: that column of the failure table.</summary>
    public static Health HealthOf(FailureKind? kind) => kind switch
    {
        null or ContextTooLong or ContentFiltered or InvalidRequest or TokenLimitReached or Cancelled => Health.Unharmed,
        QuotaExhausted => Health.CooldownStarted,
        _ => Health.Failed,
    };

    private static Script ToolCall() => Script.ToolCall("lookup", """{"city":"Paris","days":2}""");
}

/// <summary>What a call does to the health of the endpoint.</summary>
internal enum Health
{
    /// <summary>Nothing.</summary>
    Unharmed,

    /// <summary>One failure more.</summary>
    Failed,

    /// <summary>It is left alone for a while.</summary>
    CooldownStarted,
}
