namespace Resilient.Llm.Loopback.Tests;

/// <summary>The rows of the table of observed behaviour. What stands in the cells is in README.md of the loopback provider.</summary>
internal static class AdapterTable
{
    private const string Words = "One two three";
    private const string Arguments = """{"city":"Paris"}""";

    private static readonly ScriptTool s_call = new("lookup", Arguments);
    private static readonly Script s_search = Script.WebSearch("weather", Words);
    private static readonly Script s_toolCall = Script.ToolCalls(s_call);

    /// <summary>The rows, with the one protocol that has such an answer where not all have.</summary>
    public static IReadOnlyList<(string Name, Script Script, WireProtocol? Only)> Rows { get; } =
    [
        ("answer", Script.Answer(Words), null),
        ("reasoning, then the answer", Script.Reasoning("Let me think.", Words), null),
        ("text, then a tool call", Script.ToolCall("lookup", Arguments, "Wait."), null),
        ("two tool calls", Script.ToolCalls(s_call with { CallId = "call_1" }, s_call with { CallId = "call_2" }), null),
        ("tool call cut at the token limit", Script.ToolCall("lookup", Arguments) with { Finish = ScriptFinish.Length }, null),
        ("web search by the provider", s_search, null),
        ("refusal", Script.Refusal("I cannot."), null),
        ("token limit", Script.Truncated(Words), null),
        ("token limit, no text", Script.Truncated(""), null),
        ("content filter", Script.ContentFilterFinish(Words), null),
        ("no finish reason", Script.MissingFinishReason(Words), null),
        ("unknown finish reason", Script.UnknownFinishReason(Words), null),
        ("status `failed`", Script.Failed("rate_limit_exceeded", Words), WireProtocol.Responses),
        ("status `failed`, no text", Script.Failed("rate_limit_exceeded"), WireProtocol.Responses),
        ("status `cancelled`", Script.Answer(Words) with { Finish = ScriptFinish.Cancelled }, WireProtocol.Responses),
        ("status `in_progress`", Script.Answer(Words) with { Finish = ScriptFinish.InProgress }, WireProtocol.Responses),
        ("empty answer", Script.Empty200(), null),
        ("error inside the 200, before content", Script.ErrorEventAfter(0, Words), null),
        ("error inside the 200, after two words", Script.ErrorEventAfter(2, Words), null),
        ("rate limit inside the 200, after two words", Script.ErrorEventAfter(2, Words) with { ErrorStatus = 429 }, null),
        ("unknown event", Script.Answer(Words) with { Fault = ScriptFault.UnknownEvent, AfterContents = 1 }, null),
        ("repeated event", Script.Answer(Words) with { Fault = ScriptFault.Repeat, AfterContents = 2 }, null),
        ("HTML among the events", Script.Answer(Words) with { Fault = ScriptFault.NoEvents, AfterContents = 1 }, null),
        ("connection closed after two words", Script.CutAfter(2, Words), null),
        ("connection reset after two words", Script.ResetAfter(2, Words), null),
        ("JSON that breaks off", Script.MalformedChunkAfter(2, Words), null),
        ("closed inside a character", Script.Answer(Words) with { Fault = ScriptFault.HalfCharacter, AfterContents = 1 }, null),
        ("clean end after two words", Script.EndAfter(2, Words), null),
        ("clean end before content", Script.EndAfter(0, Words), null),
        ("connection closed inside a tool call", s_toolCall with { Fault = ScriptFault.Cut, AfterContents = 2 }, null),
        ("clean end inside a tool call", s_toolCall with { Fault = ScriptFault.CleanEnd, AfterContents = 2 }, null),
        ("closed inside a web search", s_search with { Fault = ScriptFault.Cut, Place = ScriptPlace.InHostedTool }, null),
        ("connection reset before headers", Script.ConnectionReset(), null),
        ("400", Script.BadRequest(), null),
        ("401", Script.Unauthorized(), null),
        ("404", Script.NotFound(), null),
        ("429", Script.RateLimited(TimeSpan.FromSeconds(3)), null),
        ("503", Script.Status(503), null),
        ("context too long", Script.ContextTooLong(), null),
        ("quota exhausted", Script.QuotaExhausted(), null),
        ("request too large", Script.RequestTooLarge(), null),
        ("tools not supported", Script.ToolsUnsupported(), null),
        ("content filter by status", Script.ContentFilter(), null),
        ("400 with a proxy's HTML", Script.Status(400, body: "<html>Bad</html>"), null),
        ("502 with a proxy's HTML", Script.Status(502, body: "<html>Bad</html>"), null),
        ("200 with a proxy's HTML", Script.Status(200, body: "<html>Log in</html>"), null),
        ("200 with an error body", Script.Status(200, body: """{"error":{"message":"no","code":"bad"}}"""), null),
    ];
}
